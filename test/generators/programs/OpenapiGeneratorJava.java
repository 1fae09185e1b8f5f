import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.EventsApi;
import org.openapitools.client.model.EventToPublish;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.PublishEventsRequest;
import org.openapitools.client.model.PublishResult;
import org.openapitools.client.model.AcceptedResult;
import org.openapitools.client.model.RefusedEvent;

/** Publishes each version, reads it back, and says what a batch and a refusal come to. */
public class OpenapiGeneratorJava {
  public static void main(String[] none) throws Exception {
    String account = System.getenv("ACCOUNT");
    String record = System.getenv("RECORD");
    ApiClient client = new ApiClient().setBasePath(System.getenv("TUBEPOST"));
    client.setBearerToken(System.getenv("TUBEPOST_KEY"));
    EventsApi events = new EventsApi(client);
    for (String version : System.getenv("VERSIONS").split(",")) {
      EventToPublish sent =
          new EventToPublish().type("order.paid").record(record).version(Long.valueOf(version)).data(Map.of("a", 1));
      String id = events.publishEvent(account, sent, null).getId();
      System.out.println("version " + events.getEvent(account, id, record).getVersion());
    }
    EventToPublish good = new EventToPublish().type("order.paid").data(List.of(1));
    EventToPublish bad = new EventToPublish().type("order.strict").data(List.of(1));
    for (PublishResult result :
        events.publishEvents(account, new PublishEventsRequest().events(List.of(good, bad)), null).getResults()) {
      Object one = result.getActualInstance();
      Object outcome =
          one instanceof AcceptedResult ? ((AcceptedResult) one).getOutcome() : ((RefusedEvent) one).getOutcome();
      System.out.println("outcome " + outcome);
    }
    try {
      events.getEvent(account, "nowhere", null);
    } catch (ApiException refused) {
      System.out.println("code " + Problem.fromJson(refused.getResponseBody()).getCode());
    }
    System.exit(0);
  }
}
