import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The same events in Kafka Streams: decode, drop duplicates among the last 8 ids of a customer, keep a record of
 * each customer, totals and buckets of five minutes. Stores are in memory, with changelogs. No KPI, no window.
 *
 * <p>Counting BOOTSTRAP PREFIX EVENTS GUARANTEE DIRECTORY prints one line of JSON: the processor time of this
 * process in seconds, up to the first record (start), the middle one and the last one, which is committed by then.
 */
public final class Counting {
  private static final List<String> KINDS = List.of("purchase", "signup", "cancellation", "survey");
  private static final int KEPT_IDS = 8;
  private static final long BUCKET_MS = 300_000;
  private static final String COMMIT_MS = "1000";
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final AtomicLong DONE = new AtomicLong();
  private static final CountDownLatch END = new CountDownLatch(1);
  private static long events;
  private static volatile double start;
  private static volatile double middle;

  private static double seconds() {
    return SYSTEM.getProcessCpuTime() / 1e9;
  }

  /** What is used of an event of any kind. */
  private static final class Event {
    String id = "";
    String source = "";
    long at;
    long amount;
    long score;
  }

  private static final class Decoder {
    private final JsonFactory factory = new JsonFactory();

    Event decode(byte[] value) throws IOException {
      Event event = new Event();
      try (JsonParser parser = factory.createParser(value)) {
        parser.nextToken();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          JsonToken token = parser.nextToken();
          switch (name) {
            case "event_id" -> event.id = parser.getText();
            case "source" -> event.source = parser.getText();
            case "occurred_at" ->
                event.at = token == JsonToken.VALUE_NUMBER_INT
                    ? parser.getLongValue()
                    : Instant.parse(parser.getText()).toEpochMilli();
            case "amount" -> event.amount = new BigDecimal(parser.getText()).movePointRight(2).longValue();
            case "score" -> event.score = parser.getLongValue();
            default -> parser.skipChildren();
          }
        }
      }
      return event;
    }
  }

  private static final class Customers implements Processor<byte[], byte[], Void, Void> {
    private final Decoder decoder = new Decoder();
    private ProcessorContext<Void, Void> context;
    private KeyValueStore<byte[], byte[]> customers;
    private KeyValueStore<String, byte[]> buckets;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      this.context = context;
      customers = context.getStateStore("customers");
      buckets = context.getStateStore("buckets");
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      if (start == 0) {
        start = seconds();
      }
      try {
        apply(record.key(), decoder.decode(record.value()));
      } catch (IOException error) {
        throw new IllegalStateException(error);
      }
      long done = DONE.incrementAndGet();
      if (done == events / 2) {
        middle = seconds();
      }
      if (done == events) {
        END.countDown();
      }
    }

    /** A record: number of ids, the ids as two hashes, then per kind count and newest time, then revenue. */
    private void apply(byte[] key, Event event) {
      int kind = KINDS.indexOf(suffix(context.recordMetadata().orElseThrow().topic()));
      byte[] known = customers.get(key);
      int size = 4 + KEPT_IDS * 8 + KINDS.size() * 16 + 8;
      ByteBuffer made = ByteBuffer.wrap(known == null ? new byte[size] : known.clone());
      long id = hash(event.source, event.id);
      int ids = made.getInt(0);
      for (int i = 0; i < Math.min(ids, KEPT_IDS); i++) {
        if (made.getLong(4 + 8 * i) == id) {
          return;
        }
      }
      made.putLong(4 + 8 * (ids % KEPT_IDS), id);
      made.putInt(0, ids + 1);
      int place = 4 + KEPT_IDS * 8 + 16 * kind;
      made.putLong(place, made.getLong(place) + 1);
      made.putLong(place + 8, Math.max(made.getLong(place + 8), event.at));
      made.putLong(size - 8, made.getLong(size - 8) + event.amount);
      customers.put(key, made.array());
      add(KINDS.get(kind), event);
      add(KINDS.get(kind) + "-" + (event.at - event.at % BUCKET_MS), event);
    }

    private void add(String name, Event event) {
      byte[] known = buckets.get(name);
      ByteBuffer made = ByteBuffer.wrap(known == null ? new byte[24] : known.clone());
      made.putLong(0, made.getLong(0) + 1);
      made.putLong(8, made.getLong(8) + event.amount);
      made.putLong(16, made.getLong(16) + event.score);
      buckets.put(name, made.array());
    }

    private static String suffix(String topic) {
      return topic.substring(topic.lastIndexOf('.') + 1);
    }

    private static long hash(String source, String id) {
      long found = 1_125_899_906_842_597L;
      for (byte one : (source + "/" + id).getBytes(StandardCharsets.UTF_8)) {
        found = (found ^ one) * 1_099_511_628_211L;
      }
      return found;
    }
  }

  private static Topology topology(String prefix) {
    Topology topology = new Topology();
    List<String> topics = new ArrayList<>();
    KINDS.forEach(kind -> topics.add(prefix + "." + kind));
    topology.addSource(
        "events",
        Serdes.ByteArray().deserializer(),
        Serdes.ByteArray().deserializer(),
        topics.toArray(String[]::new));
    topology.addProcessor("count", Customers::new, "events");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("customers"), Serdes.ByteArray(), Serdes.ByteArray())
            .withLoggingEnabled(Map.of()),
        "count");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("buckets"), Serdes.String(), Serdes.ByteArray())
            .withLoggingEnabled(Map.of()),
        "count");
    return topology;
  }

  /** Count so many events, commit, tell, end. */
  public static void main(String[] arguments) throws InterruptedException {
    events = Long.parseLong(arguments[2]);
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[1] + "-streams-" + arguments[3]);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, arguments[3]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[4]);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_MS);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "1");
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    KafkaStreams streams = new KafkaStreams(topology(arguments[1]), settings);
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(1);
          return null;
        });
    streams.start();
    END.await();
    streams.close(); // commits
    System.out.printf(
        "{\"start\": %.3f, \"middle\": %.3f, \"end\": %.3f}%n", start, middle, seconds());
    Runtime.getRuntime().halt(0);
  }
}
