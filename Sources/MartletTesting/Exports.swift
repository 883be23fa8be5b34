// A test works with responses, statuses and fields: one import brings them all.
@_exported public import Martlet
