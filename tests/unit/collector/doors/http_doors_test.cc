#include "collector/doors/http_doors.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include "base/record.h"
#include "collector/x509.h"
#include "forewarn/foreign/otlp_logs_service.pb.h"
#include "forewarn/foreign/remote_write.pb.h"
#include "tests/unit/collector/doors/fake_sink.h"
#include "tests/unit/collector/raw_client.h"

namespace forewarn {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using Door = SourceToken::Door;

constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

class HttpDoorsTest : public testing::Test {
 protected:
  void SetUp() override {
    SourceToken token = TestToken();
    token.hash = Sha256Hex(token_);
    tokens_.Keep(token.hash, EncodeRecord(token));
    sink_.AnswerSoon();
    Open();
  }
  void Open() {
    server_.reset();
    HttpDoorParts parts = {[this] { return ready_ ? &intake_ : nullptr; },
                           otlp_,
                           tokens_,
                           metrics_,
                           clock_,
                           limits_,
                           doors_};
    auto server = HttpServer::Open({}, HttpDoors(parts));
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
  }

  static std::string Request(const std::string& name, std::vector<Timestamp> times = {kNow}) {
    foreign::WriteRequest request;
    foreign::TimeSeries& series = *request.add_timeseries();
    if (!name.empty()) {
      foreign::Label* label = series.add_labels();
      label->set_name("__name__");
      label->set_value(name);
    }
    for (Timestamp at : times) {
      foreign::Sample* sample = series.add_samples();
      sample->set_timestamp(ToMillis(at));
      sample->set_value(1);
    }
    std::string out;
    std::string text = request.SerializeAsString();
    snappy::Compress(text.data(), text.size(), &out);
    return out;
  }
  std::string Post(const std::string& body, const std::string& type = "application/x-protobuf",
                   const std::string& encoding = "snappy") {
    return PostTo("/api/v1/write", body, type, encoding);
  }
  std::string PostTo(const std::string& path, const std::string& body, const std::string& type,
                     const std::string& encoding = "identity") {
    RawClient client(server_->address());
    client.Send(
        fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n"
                    "Content-Type: {}\r\nContent-Encoding: {}\r\nAuthorization: Bearer {}\r\n"
                    "X-Prometheus-Remote-Write-Version: 0.1.0\r\n\r\n{}",
                    path, body.size(), type, encoding, token_, body));
    return client.ReadAll();
  }
  void UseTokenFor(Door door) {
    token_ = MakeSourceToken();
    SourceToken token = TestToken(door);
    token.hash = Sha256Hex(token_);
    tokens_.Keep(token.hash, EncodeRecord(token));
  }
  bool Counted(const std::string& result) {
    return metrics_.Text().find(fmt::format(
               "forewarn_door_requests_total{{door=\"prometheus\",result=\"{}\"}} 1\n", result)) !=
           std::string::npos;
  }

  std::string token_ = MakeSourceToken();
  bool ready_ = true;
  LimitSettings limits_;
  DoorSettings doors_;
  FakeSink sink_;
  Metrics metrics_;
  ManualClock clock_{kNow};
  DoorIntake intake_{sink_, metrics_, clock_, limits_};
  OtlpDoor otlp_{[this] { return ready_ ? &intake_ : nullptr; }, metrics_, clock_, limits_};
  TokenDirectory tokens_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpDoorsTest, TakesARemoteWriteAndAnswersWithNothing) {
  std::string answer = Post(Request("up"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  ASSERT_THAT(sink_.Batches(), SizeIs(1));
  EXPECT_EQ(sink_.Batches()[0].source.customer, "acme");
  EXPECT_TRUE(Counted("accepted"));
}

TEST_F(HttpDoorsTest, AResendIsASuccess) {
  sink_.reply.duplicate = 1;
  EXPECT_THAT(Post(Request("up")), StartsWith("HTTP/1.1 204"));
}

TEST_F(HttpDoorsTest, SaysWhatIsNotStoredAndThatItIsNoUseToSendItAgain) {
  sink_.reply.too_old = 2;
  std::string answer = Post(Request("", {kNow, kNow + 1s}));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("2 invalid, the first: a series without a name: a series needs a "
                                "__name__"));
  answer = Post(Request("up", {kNow, kNow + 1s}));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("2 samples older than 192 h (limits.accepted_age)"));
}

TEST_F(HttpDoorsTest, AboveTheLimitOfSeriesIsNotTheSamplesFault) {
  sink_.reply.series_limit = 1;
  std::string answer = Post(Request("up"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429"));
  EXPECT_THAT(answer, HasSubstr("limits.series_per_customer"));
  EXPECT_TRUE(Counted("partial"));
}

TEST_F(HttpDoorsTest, RefusesVersionTwo) {
  std::string answer =
      Post(Request("up"), "application/x-protobuf;proto=io.prometheus.write.v2.Request");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(answer, HasSubstr("prometheus.WriteRequest"));
  EXPECT_THAT(Post(Request("up"), "application/json"), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(Post(Request("up"), "application/x-protobuf", "gzip"), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(Post(Request("up"), "application/x-protobuf;proto=prometheus.WriteRequest"),
              StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(sink_.Batches(), SizeIs(1));
}

TEST_F(HttpDoorsTest, RefusesWhatIsDamagedForGood) {
  EXPECT_THAT(Post("not snappy"), StartsWith("HTTP/1.1 400"));
  std::string text = "\x0a\xff";
  std::string damaged;
  snappy::Compress(text.data(), text.size(), &damaged);
  EXPECT_THAT(Post(damaged), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(sink_.entries, IsEmpty());
}

TEST_F(HttpDoorsTest, RefusesABomb) {
  doors_.max_request_size = 64 << 10;
  Open();
  std::string zeros(1 << 20, '\0');
  std::string bomb;
  snappy::Compress(zeros.data(), zeros.size(), &bomb);
  EXPECT_THAT(Post(bomb), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpDoorsTest, RefusesWhatWouldGrowAsItIsRead) {
  std::string nothings;
  for (int i = 0; i < 1'000'001; ++i) nothings += std::string("\x0a\x00", 2);
  std::string packed;
  snappy::Compress(nothings.data(), nothings.size(), &packed);
  EXPECT_THAT(Post(packed), StartsWith("HTTP/1.1 413"));
  UseTokenFor(Door::kOtlp);
  std::string answer = PostTo("/v1/metrics", nothings, "application/x-protobuf");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr("more than 1000000 parts; send smaller requests"));
  std::string json = "[";
  for (int i = 0; i < 1'000'001; ++i) json += "{},";
  EXPECT_THAT(PostTo("/v1/metrics", json, "application/json"), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpDoorsTest, SaysHowMuchIsTooMuchAndWhatToDo) {
  doors_.max_request_size = 64 << 10;
  Open();
  for (const char* path : {"/api/v1/write", "/v1/metrics", "/v1/logs"}) {
    UseTokenFor(path[1] == 'a' ? Door::kPrometheus : Door::kOtlp);
    std::string answer = PostTo(path, std::string(65'537, 'x'), "application/x-protobuf");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413")) << path;
    EXPECT_THAT(answer, HasSubstr("longer than 65536 bytes; send smaller requests, or raise "
                                  "doors.max_request_size"));
  }
  EXPECT_THAT(sink_.entries, IsEmpty());
}

TEST_F(HttpDoorsTest, LetsNobodyInWithoutAToken) {
  token_ = MakeSourceToken();
  std::string answer = Post(Request("up"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(answer, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(answer, HasSubstr("forewarnctl source-token create"));
  EXPECT_TRUE(Counted("unauthenticated"));
  EXPECT_THAT(sink_.entries, IsEmpty());
}

TEST_F(HttpDoorsTest, ARetiredSourceIsNotLetIn) {
  sink_.outcome = PermissionDenied("retired");
  EXPECT_THAT(Post(Request("up")), StartsWith("HTTP/1.1 403"));
}

TEST_F(HttpDoorsTest, TellsTheSenderToComeAgainWhenThereIsNoRoom) {
  sink_.room = 0;
  std::string answer = Post(Request("up"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_TRUE(Counted("retry"));
}

TEST_F(HttpDoorsTest, TellsTheSenderToComeAgainWhileTheCollectorStarts) {
  ready_ = false;
  EXPECT_THAT(Post(Request("up")), StartsWith("HTTP/1.1 503"));
}

constexpr char kMetricsJson[] =
    R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"up","gauge":{"dataPoints":[
        {"timeUnixNano":"1780000000000000000","asInt":"1"}]}},
        {"name":"bad","gauge":{"dataPoints":[{"asInt":"1"}]}}]}]}]})";

TEST_F(HttpDoorsTest, TakesOtlpInJsonAndAnswersInJson) {
  UseTokenFor(Door::kOtlp);
  std::string answer = PostTo("/v1/metrics", kMetricsJson, "application/json; charset=utf-8");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer, EndsWith(R"({"partialSuccess":{"rejectedDataPoints":"1","errorMessage":")"
                               R"(1 of 2 rejected, the first: metric 'bad': it has no time"}})"));
  EXPECT_THAT(sink_.Batches(), SizeIs(1));
}

TEST_F(HttpDoorsTest, TakesOtlpInProtobufAndAnswersInProtobuf) {
  UseTokenFor(Door::kOtlp);
  opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest request;
  auto* record = request.add_resource_logs()->add_scope_logs()->add_log_records();
  record->mutable_body()->set_string_value("full");
  std::string answer = PostTo("/v1/logs", request.SerializeAsString(), "application/x-protobuf");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/x-protobuf\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n")) << "a full success is an empty message";
  ASSERT_THAT(sink_.Batches(), SizeIs(1));
  EXPECT_EQ(sink_.Batches()[0].events[0].message, "full");
}

TEST_F(HttpDoorsTest, DescribesAFailureOfOtlpInItsOwnWords) {
  UseTokenFor(Door::kOtlp);
  std::string answer = PostTo("/v1/metrics", "nonsense", "application/json");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr(R"({"code":3,"message":"the body is not OTLP in JSON)"));
  answer = PostTo("/v1/metrics", "\xff\xff", "application/x-protobuf");
  foreign::otlp::Status status;
  ASSERT_TRUE(status.ParseFromString(answer.substr(answer.find("\r\n\r\n") + 4)));
  EXPECT_EQ(status.code(), 3);
  EXPECT_THAT(PostTo("/v1/metrics", "{}", "text/plain"), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(PostTo("/v1/metrics", "{}", "application/json", "br"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(PostTo("/v1/metrics", "{}", "application/json", "gzip"), StartsWith("HTTP/1.1 400"));
  sink_.room = 0;
  answer = PostTo("/v1/metrics", kMetricsJson, "application/json");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(HttpDoorsTest, ATokenOpensItsOwnDoorOnly) {
  EXPECT_THAT(PostTo("/v1/metrics", "{}", "application/json"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(PostTo("/api/v2/alerts", "[]", "application/json"), StartsWith("HTTP/1.1 403"));
}

TEST_F(HttpDoorsTest, TakesAlertsAndSaysWhichAreNone) {
  UseTokenFor(Door::kAlertmanager);
  const char good[] = R"([{"labels":{"alertname":"A"}}])";
  sink_.room = 0;
  EXPECT_THAT(PostTo("/api/v2/alerts", good, "application/json"), StartsWith("HTTP/1.1 503"));
  sink_.room = 10;
  EXPECT_THAT(PostTo("/api/v2/alerts", good, "application/json"), StartsWith("HTTP/1.1 200"));
  size_t events = 0;
  for (const Batch& batch : sink_.Batches()) events += batch.events.size();
  EXPECT_EQ(events, 1u) << "what could not be taken is new when it comes again";
  std::string answer = PostTo("/api/v2/alerts", R"([{"labels":{}}])", "application/json");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("alert 0: labels: there is no alertname"));
  EXPECT_THAT(PostTo("/api/v2/alerts", "{}", "application/json"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(PostTo("/api/v2/alerts", "[]", "text/plain"), StartsWith("HTTP/1.1 415"));
}

}  // namespace
}  // namespace forewarn
