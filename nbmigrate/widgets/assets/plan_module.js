// The module of the panel of a plan.

export default panel(drawPlan);
