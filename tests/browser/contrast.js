// The texts of a page that are hard to read: a contrast below 4.5:1 (WCAG 2.2, 1.4.3), one entry for each kind of element.
const parsed = (color) => {
  const values = color.match(/[\d.]+/g).map(Number);
  return values.length < 4 ? [...values, 1] : values;
};
const luminance = (color) => {
  const [red, green, blue] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const over = (upper, lower) => [0, 1, 2].map((i) => upper[i] * upper[3] + lower[i] * (1 - upper[3]));
const behind = (element) => {
  const layers = [];
  for (let one = element; one; one = one.parentElement) layers.unshift(parsed(getComputedStyle(one).backgroundColor));
  const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  return layers.reduce((lower, upper) => over(upper, lower), canvas);
};
const visible = (element) => element.getClientRects().length > 0 && element.checkVisibility({ visibilityProperty: true });
const found = {};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode.textContent.trim();
  const element = texts.currentNode.parentElement;
  if (!text || element.tagName === "OPTION" || !visible(element)) continue;
  const background = behind(element);
  const foreground = over(parsed(getComputedStyle(element).color), background);
  const [dark, light] = [luminance(foreground), luminance(background)].sort((a, b) => a - b);
  const ratio = (light + 0.05) / (dark + 0.05);
  if (ratio < 4.5) found[`${element.tagName}.${element.className} ${text.slice(0, 30)}`] = ratio.toFixed(2);
}
return found;
