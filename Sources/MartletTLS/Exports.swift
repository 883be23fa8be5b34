// SecureSession and what else a user of this module sees.
@_exported public import MartletReactor
