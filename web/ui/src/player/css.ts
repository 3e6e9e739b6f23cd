// Sets style properties from script: the pages' content security policy forbids style attributes, not this.

export function css(properties: Record<string, string>): (node: HTMLElement) => void {
  return (node) => {
    for (const [name, value] of Object.entries(properties)) node.style.setProperty(name, value);
  };
}
