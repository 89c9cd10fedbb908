"""What a CI system needs in an account: a stack of its own, made once by a person."""

from program import declare_account

declare_account()
