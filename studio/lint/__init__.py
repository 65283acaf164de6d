"""What is wrong with definitions, or looks wrong, before anybody publishes them."""
