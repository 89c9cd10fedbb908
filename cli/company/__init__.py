"""A company's own repository: what is asked, what is made of the answers, and how it gets into a folder."""
