# Publishes each version, reads it back, and says what a batch and a refusal come to.
require 'openapi_client'

OpenapiClient.configure do |settings|
  settings.server_index = nil
  settings.scheme, settings.host = ENV['TUBEPOST'].split('://')
  settings.access_token = ENV['TUBEPOST_KEY']
end
account, record = ENV.values_at('ACCOUNT', 'RECORD')
events = OpenapiClient::EventsApi.new
ENV['VERSIONS'].split(',').each do |version|
  sent = OpenapiClient::EventToPublish.new(type: 'order.paid', record: record, version: version.to_i, data: { a: 1 })
  made = events.publish_event(account, sent)
  puts "version #{events.get_event(account, made.id, record: record).version}"
end
two = %w[order.paid order.strict].map { |type| OpenapiClient::EventToPublish.new(type: type, data: [1]) }
batch = events.publish_events(account, OpenapiClient::PublishEventsRequest.new(events: two))
batch.results.each { |result| puts "outcome #{result.outcome}" }
begin
  events.get_event(account, 'nowhere')
rescue OpenapiClient::ApiError => e
  puts "code #{JSON.parse(e.response_body)['code']}"
end
