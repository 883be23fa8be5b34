// A handler works with methods, statuses and field names, with paths and with addresses: one import brings them all.
@_exported public import HTTPTypes
@_exported public import MartletReactor
@_exported public import MartletWire
