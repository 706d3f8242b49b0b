"""What only the pages of the course need: exercise checks, diagrams, and how code and GIFs are
shown."""
