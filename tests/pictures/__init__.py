"""The dashboards as pictures: what CloudWatch would show, asked of the sandbox's."""
