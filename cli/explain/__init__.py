"""Why a person is refused: what each source says, and the one reason that is most likely."""
