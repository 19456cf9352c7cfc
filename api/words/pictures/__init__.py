"""Pictures as SVG, alone and in an HTML page to print. They contain no script and refer to no other address."""
