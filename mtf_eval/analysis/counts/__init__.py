"""What is counted: referrals, activity, contacts, priorities."""
