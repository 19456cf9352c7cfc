"""Names and texts of generated applications."""

FIRST = ("Ana", "Ben", "Chidi", "Dora", "Emil", "Farah", "Goran", "Hana", "Ivo", "Jo", "Kim", "Lena", "Mei", "Nils")
LAST = (
    "Ruiz",
    "Field",
    "Sato",
    "Okafor",
    "Lind",
    "Moreau",
    "Novak",
    "Patel",
    "Quinn",
    "Rossi",
    "Stein",
    "Tran",
    "Vega",
)
NAMES = (
    "Larkfield",
    "Juniper",
    "Harbour",
    "Old Mill",
    "Northgate",
    "Silverline",
    "Beacon",
    "Alder",
    "Quarry",
    "Tidewater",
)
TRADES = ("Press", "Health", "Analytics", "Foods", "Freight", "Software", "Insurance", "Studios", "Energy", "Optics")
ROLES = (
    "Production editor",
    "Content lead",
    "Technical writer",
    "Data analyst",
    "Backend engineer",
    "Buyer",
    "Planner",
)
TITLES = ("Head of production", "Engineering manager", "HR partner", "Team lead", "Director of operations", "Recruiter")
SOURCES = ("job board", "a former colleague", "their website", "agency", None)
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/London", "Europe/Berlin", "Asia/Tokyo")
POSITIVES = (
    "She wrote down how we cut proof rounds in half.",
    "He asked twice about the migration and nodded at the answer on rollbacks.",
    "They liked that I had prepared figures of their last annual report.",
    "The team laughed about the story of the lost container; the mood was warm from then on.",
)
CONCERNS = (
    "Never led more than two people.",
    "I could not name the tool that they use for planning.",
    "The gap of eight months in 2023 came up, and my answer was too long.",
    "They wondered whether the commute would be too much.",
)
REMARKS = (
    "The spring list has forty titles.",
    "They move to a new building in autumn.",
    "Ask about the pilot in Lyon.",
)
NEXT = ("A second talk with the whole team.", "A trial day.", "A decision by the board.", "A call with the director.")
LETTER = (
    "Dear {name}, thank you for the time you took for me on {day} and for showing me how your team works. What you "
    "said about {company} has stayed with me, and it is why I would like to work there. You asked about experience "
    "that I described too briefly: I have coordinated eight people over two seasons and kept every date. I would be "
    "glad to tell you more, and I look forward to hearing from you. Yours sincerely"
)
