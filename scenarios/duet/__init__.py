"""Two builds of a service side by side: which one is slower, by how much, and how sure is that."""
