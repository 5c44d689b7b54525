"""The made-up season that the service is shown and measured on."""
