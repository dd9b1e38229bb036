#include "collector/query_api/query_api.h"

#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "tests/unit/collector/query_api/query_world.h"

namespace forewarn {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using QueryApiTest = QueryWorld;

// `load` of one customer, as JSON writes it.
std::string Metric(const std::string& customer) {
  return fmt::format(R"({{"__name__":"load","customer":"{}","installation":"main","probe":)"
                     R"("00000000-0000-4000-8000-000000000001"}})",
                     customer);
}

TEST_F(QueryApiTest, AnswersAtAnInstant) {
  std::string answer = Get("query?query=load&time=1780000000");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer,
              EndsWith(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)" +
                       Metric("acme") + R"(,"value":[1780000000,"2"]}]}})"));
  // Now, when no time is given.
  EXPECT_THAT(Get("query?query=load%2B1"), HasSubstr(R"("value":[1780000000,"3"])"));
  EXPECT_THAT(Get("query?query=42"),
              HasSubstr(R"("resultType":"scalar","result":[1780000000,"42"])"));
  EXPECT_THAT(Get("query?query=%22x%22"), HasSubstr(R"("string","result":[1780000000,"x"])"));
  EXPECT_THAT(Get("query?query=load%5B5m%5D"), HasSubstr(R"("values":[[1780000000,"2"]])"));
}

TEST_F(QueryApiTest, AnswersOverATime) {
  EXPECT_THAT(Get("query_range?query=load&start=1779999990&end=1780000020&step=10"),
              HasSubstr(R"("resultType":"matrix","result":[{"metric":)" + Metric("acme") +
                        R"(,"values":[[1780000000,"2"],[1780000010,"2"],[1780000020,"2"]]}])"));
}

TEST_F(QueryApiTest, TakesAForm) {
  EXPECT_THAT(Post("query", "query=load&time=1780000000"), HasSubstr(R"([1780000000,"2"])"));
  EXPECT_THAT(Post("query", "{}", "application/json"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("x-www-form-urlencoded")));
}

TEST_F(QueryApiTest, ShowsACustomerNothingOfOthers) {
  EXPECT_THAT(Get("query?query=load"), Not(HasSubstr("globex")));
  EXPECT_THAT(Get("query?query=load%7Bcustomer%3D~%22.%2B%22%7D"), Not(HasSubstr("globex")));
  EXPECT_THAT(Get("query?query=load%7Bcustomer%3D%22globex%22%7D"), HasSubstr(R"("result":[])"));
  EXPECT_THAT(Get("series?match[]=load"), Not(HasSubstr("globex")));
  EXPECT_THAT(Get("label/customer/values"), EndsWith(R"({"status":"success","data":["acme"]})"));
}

TEST_F(QueryApiTest, ShowsEverybodyToWhoMaySeeThem) {
  EXPECT_THAT(
      Get("query?query=load", everybody_),
      HasSubstr(Metric("acme") + R"(,"value":[1780000000,"2"]},{"metric":)" + Metric("globex")));
  EXPECT_THAT(Get("query?query=sum(load)", everybody_), HasSubstr(R"("5"])"));
  EXPECT_THAT(Get("label/customer/values", everybody_),
              EndsWith(R"({"status":"success","data":["acme","globex"]})"));
}

TEST_F(QueryApiTest, TellsSeriesAndTheirLabels) {
  EXPECT_THAT(Get("series?match[]=load&match[]=nothing&match[]=%7B__name__%3D~%22lo.%2B%22%7D"),
              EndsWith(R"({"status":"success","data":[)" + Metric("acme") + "]}"));
  EXPECT_THAT(Get("series"), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("match[]")));
  EXPECT_THAT(Get("series?match[]=load&end=1779990000"), EndsWith(R"("data":[]})"));
  EXPECT_THAT(Get("labels?match[]=load"),
              EndsWith(R"("data":["__name__","customer","installation","probe"]})"));
  EXPECT_THAT(Get("labels"), HasSubstr(R"("alertstate")")) << "of ALERTS, which the rules write";
  EXPECT_THAT(Get("labels?match[]=nothing"), EndsWith(R"("data":[]})"));
  EXPECT_THAT(Get("label/__name__/values"),
              EndsWith(R"("data":["ALERTS","ALERTS_FOR_STATE","load"]})"));
  EXPECT_THAT(Get("label/__name__/values?match[]=nothing"), EndsWith(R"("data":[]})"));
  EXPECT_THAT(Get("label/none/values"), EndsWith(R"("data":[]})"));
  EXPECT_THAT(Get("label/a-b/values"), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("'a-b'")));
}

TEST_F(QueryApiTest, SaysWhatIsWrongWithAQuestion) {
  auto bad = [&](const std::string& target, const std::string& why) {
    EXPECT_THAT(Get(target), AllOf(StartsWith("HTTP/1.1 400"),
                                   HasSubstr(R"("errorType":"bad_data")"), HasSubstr(why)))
        << target;
  };
  bad("query?query=rat(load%5B5m%5D)", "did you mean 'rate'?");
  bad("query", R"(invalid parameter \"query\")");
  bad("query?query=load&time=soon", R"(invalid parameter \"time\")");
  bad("query?query=load&timeout=soon", R"(invalid parameter \"timeout\")");
  bad("query?query=%", "is no escape");
  bad("query_range?query=load&start=1&end=2", R"(invalid parameter \"step\")");
  bad("query_range?query=load&start=1&end=2&step=0", R"(invalid parameter \"step\")");
  bad("query_range?query=load&start=1&step=1", R"(invalid parameter \"end\")");
  bad("query_range?query=load&start=2&end=1&step=1", "before the start");
  bad("query_range?query=load&start=0&end=11000&step=1", "more than 11000 points");
  bad("query_range?query=load%5B5m%5D&start=1&end=2&step=1", "a range query needs");
  bad("series?match[]=rate(load%5B5m%5D)", R"(invalid parameter \"match[]\")");
  bad("rules?type=other", "alert or record");
}

TEST_F(QueryApiTest, SaysWhatCannotBeAnswered) {
  EXPECT_THAT(Get("query?query=label_replace(load%2C%22customer%22%2C%22x%22%2C%22%22%2C%22%22)%20%"
                  "2B%20on(customer)%20load",
                  everybody_),
              AllOf(StartsWith("HTTP/1.1 422"), HasSubstr(R"("errorType":"execution")")));
}

TEST_F(QueryApiTest, StopsAtItsLimits) {
  settings_.max_series = 1;
  EXPECT_THAT(Get("query?query=load"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("query?query=load", everybody_),
              AllOf(StartsWith("HTTP/1.1 422"), HasSubstr("series match")));
  EXPECT_THAT(Get("series?match[]=load", everybody_), StartsWith("HTTP/1.1 422"));
  EXPECT_THAT(Get("label/customer/values"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("label/customer/values", everybody_),
              AllOf(StartsWith("HTTP/1.1 422"), HasSubstr("query.max_series")));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "match[]=load&";
  EXPECT_THAT(Post("series", many), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Post("series", many + "match[]=load"), StartsWith("HTTP/1.1 400"));
  std::string costly;
  for (int i = 0; i < 11; ++i) {
    costly += "&match[]={";
    for (int k = 0; k < 99; ++k) costly += "a%21=\"\",";
    costly += "}";
  }
  EXPECT_THAT(Post("labels", costly),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("at most 1000 matchers")));
}

TEST_F(QueryApiTest, TellsNoNamesThatAreLongerThanAnAnswerMayBe) {
  Entry entry = TestBatch(2, kTestStart, 1);
  auto table = std::make_shared<SeriesTable>();
  table->series.push_back(Labels{
      {"__name__", "long"}, {"customer", "acme"}, {"long", std::string((32 << 20) - 20, 'x')}});
  std::get<Batch>(entry.what).samples.table = table;
  Take(std::move(entry));
  EXPECT_THAT(Get("label/long/values"),
              AllOf(StartsWith("HTTP/1.1 422"), HasSubstr("longer than 32 MiB")));
}

TEST_F(QueryApiTest, LetsInWhoShowsATokenForIt) {
  EXPECT_THAT(Get("query?query=load", "fws1.wrong"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(
      Get("query?query=load", Token("acme", SourceToken::Door::kPrometheus)),
      AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("for the door prometheus and not for query")));
  ready_ = false;
  EXPECT_THAT(Get("query?query=load"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr(R"("errorType":"unavailable")")));
}

TEST_F(QueryApiTest, EndsWithTheCollector) {
  api_.Stop();
  EXPECT_THAT(Get("query?query=load"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("canceled")));
}

TEST_F(QueryApiTest, EndsAQueryThatIsUnderWayAndAnswersIt) {
  std::promise<void> reached, free;
  ASSERT_TRUE(partitions_.Ask(PartitionOf("acme"), [&](const Shard&) {
    reached.set_value();
    free.get_future().wait();
  }));
  reached.get_future().wait();
  RawClient client(server_->address());
  client.Send(
      fmt::format("GET /api/v1/query?query=load HTTP/1.1\r\nHost: x\r\n"
                  "Authorization: Bearer {}\r\n\r\n",
                  acme_));
  // Twice to let it in, and twice on the thread that then waits for the shard.
  for (int asked = 0; (asked = asked_for_desk_) < 4;) asked_for_desk_.wait(asked);
  api_.Stop();
  std::thread end([&] { server_.reset(); });
  free.set_value();
  EXPECT_THAT(client.ReadAll(), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("canceled")));
  end.join();
}

TEST_F(QueryApiTest, SaysWhatItSpeaks) {
  EXPECT_THAT(Get("status/buildinfo"), HasSubstr(R"("data":{"version":"2.42.0")"));
  EXPECT_THAT(Get("metadata"), EndsWith(R"({"status":"success","data":{}})"));
  EXPECT_THAT(Get("query_exemplars?query=load"), EndsWith(R"({"status":"success","data":[]})"));
  EXPECT_THAT(Get("format_query?query=sum(load)by(a)%2B1"),
              EndsWith(R"({"status":"success","data":"sum by (a) (load) + 1"})"));
}

TEST_F(QueryApiTest, IsCounted) {
  Get("query?query=load");
  Get("query?query=");
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr(R"(forewarn_door_requests_total{door="query",result="accepted"} 1)"),
                    HasSubstr(R"(forewarn_door_requests_total{door="query",result="refused"} 1)")));
}

}  // namespace
}  // namespace forewarn
