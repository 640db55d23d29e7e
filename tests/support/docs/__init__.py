"""The pages of the documentation: their code blocks, and what these take for granted."""
