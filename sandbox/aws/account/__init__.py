"""What an account costs and how much it may: Budgets, Data Exports, Service Quotas."""
