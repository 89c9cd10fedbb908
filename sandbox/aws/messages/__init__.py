"""By which ways people hear of something: SNS, SES, Chatbot."""
