"""Child processes: their pipes, their process trees and how they end."""
