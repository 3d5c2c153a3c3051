"""From pages to fields: one schema, labels, geometry, ticks, normal forms, and the blank form (core)."""
