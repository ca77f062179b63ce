"""Services: HTTP, and Wyoming and MQTT for homes."""
