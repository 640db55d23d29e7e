// What all components share: the registry they enter, and raw bytes from the server as typed arrays.
window.idlatParts = {};
window.idlatBytes = {
  /** Little-endian float32 from bytes, copied: a message's bytes need not be aligned. */
  floats(bytes) {
    if (!bytes || !bytes.length) return new Float32Array(0);
    return new Float32Array(Uint8Array.from(bytes).buffer);
  },
};
/** A number as one would type it into a narrow field: four digits, three and a power of ten where these are long. */
window.idlatTyped = (value) => {
  const text = String(Number(Number(value).toPrecision(4)));
  return text.length > 8 ? String(Number(Number(value).toPrecision(3)).toExponential()) : text;
};
window.idlatShort = (value) => {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const raised = (power) => [...String(power)].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]).join("");
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
    const [number, power] = value.toExponential(2).split("e");
    return `${Number(number)}×10${raised(Number(power))}`.replace("-", "−");
  }
  return String(Number(value.toPrecision(4))).replace("-", "−");
};
