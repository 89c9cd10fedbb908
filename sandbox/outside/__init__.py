"""What is outside AWS and hears of it: Slack, webhooks, readers of e-mail. Nothing ever leaves this machine."""
