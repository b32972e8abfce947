"""Picture -> events -> assessments."""
