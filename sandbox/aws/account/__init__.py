"""What an account costs and how much it may: Budgets, Cost Anomaly Detection, Data Exports, Service Quotas."""
