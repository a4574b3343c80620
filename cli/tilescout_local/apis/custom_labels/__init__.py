"""The operations of Amazon Rekognition Custom Labels, by what they are about."""
