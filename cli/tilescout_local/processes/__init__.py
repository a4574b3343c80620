"""Child processes: their channels, their process trees and how they end."""
