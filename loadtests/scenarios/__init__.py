"""Who takes part in the evening, and what they do: a step is one thing that a person does before looking up again."""
