export { default as uPlot } from "./uplot/uPlot.esm.js";
