// Somebody with a query token does their worst, against the real collector; as in attacks_test.cc.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "tests/integration/attacks_fixture.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

// A query token, and series that are made for slow questions. Each is answered, refused or cut off with its
// reason within the bound of a query; the shard says which series there are, and is held up no longer than for that.
TEST_F(AttacksTest, QueriesThatMeanHarm) {
  const int probes = Many(1, 2);  // as many series as a query may read
  for (int number = 1; number <= probes; ++number) {
    ProbeClient probe = Attacker(number);
    Stream stream(probe);
    uint64_t random = static_cast<uint64_t>(number);
    const int64_t now = NowMs();
    for (int64_t first = 0, sequence = 1; first < SeriesPerProbe(); first += 500, ++sequence) {
      BatchWriter batch(7, static_cast<uint64_t>(sequence));
      for (int64_t i = first; i < first + 500; ++i) {
        std::string text;
        for (int at = 0; at < 64; ++at) {
          random = random * 6364136223846793005 + 1442695040888963407;
          text += (random >> 40) % 2 == 0 ? 'a' : 'b';
        }
        const auto ref = static_cast<uint32_t>(i);
        batch.Series(ref, {"__name__", "m", "i", std::to_string(i), "text", text});
        batch.Sample(ref, now, static_cast<double>(i));
      }
      v1::Ack ack;
      ASSERT_TRUE(stream.Push(batch.request, ack)) << stream.End().error_message();
      ASSERT_EQ(ack.refusals_size(), 0);
    }
    EXPECT_TRUE(stream.End().ok());
  }
  v1::CreateSourceTokenRequest wanted;
  wanted.set_door("query");
  wanted.set_all_customers(true);
  wanted.set_source("grafana");
  v1::CreateSourceTokenResponse made;
  grpc::ClientContext context;
  grpc::Status status =
      v1::SourceService::NewStub(Operator())->CreateSourceToken(&context, wanted, &made);
  ASSERT_TRUE(status.ok()) << status.error_message();

  auto nested = [](const std::string& head, int depth) {
    std::string text = "m";
    for (int i = 0; i < depth; ++i) text = head + text + ")";
    return text;
  };
  std::string doubled = "label_replace(m{i=\"1\"}, \"x\", \"0123456789\", \"\", \"\")";
  for (int i = 0; i < 14; ++i)
    doubled = "label_join(" + doubled + ", \"x\", \"\", \"x\", \"x\", \"x\")";
  std::string slow = "[ab]*a";
  for (int i = 0; i < 20; ++i) slow += "[ab]{1000}";
  const std::string range = "&start=" + std::to_string(NowMs() / 1000 - 10'000) +
                            "&end=" + std::to_string(NowMs() / 1000);
  struct Question {
    std::string expression;
    int status;
    std::string answer;
    std::string range = "";  // of query_range
  };
  // 0: done, or cut off by its time.
  const Question questions[] = {
      {"count(m * on () group_left () m)", 422, "match"},
      {"m * on (customer) group_left () m", 422, "match"},
      {"max_over_time(m[30d:1ms])", 422, "max_operations"},
      {"max_over_time(max_over_time(vector(1)[1d:1s])[30d:1s])", 422, "max_operations"},
      {nested("abs(", 400), 400, "levels"},
      {"count(" + nested("abs(", 150) + ")", 0, ""},
      {"m{text=~\"([ab]{1000}){1000}\"}", 400, "bad"},
      {"m{text=~\"" + slow + "\"}", 422, "steps for each byte"},
      {"count(label_replace(m, \"x\", \"$1\", \"text\", \"(" + slow + ")\"))", 0, ""},
      {doubled, 422, "65536 bytes"},
      {"count_values(\"v\", m)", 0, ""},
      {"quantile_over_time(0.5, m[1000w])", 0, ""},
      {"m", 400, "points", range + "&step=0.1"},
      {"sum(m) + " + nested("abs(", 100), 0, "", range + "&step=1"},
  };
  Duration slowest{0};
  for (const Question& question : questions) {
    std::string body = "query=";
    for (char c : question.expression) body += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    body += question.range;
    RawClient client(http_);
    const Duration begun = SystemClock().Monotonic();
    client.Send(fmt::format(
        "POST /api/v1/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Authorization: Bearer {}\r\nContent-Length: {}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n{}",
        question.range.empty() ? "query" : "query_range", made.token(), body.size(), body));
    const std::string answer = client.ReadAll();
    const Duration took = SystemClock().Monotonic() - begun;
    slowest = std::max(slowest, took);
    const std::string shown = question.expression.substr(0, 60);
    EXPECT_LT(took, kQueryTimeout + 20s) << shown;
    ASSERT_GT(answer.size(), 12u) << shown;
    const int code = std::stoi(answer.substr(9, 3));
    if (question.status != 0) {
      EXPECT_EQ(code, question.status) << shown << answer.substr(0, 1000);
      EXPECT_THAT(answer.substr(0, 2000), HasSubstr(question.answer)) << shown;
    } else {
      EXPECT_THAT(code, testing::AnyOf(200, 422, 503)) << shown << answer.substr(0, 1000);
    }
    if (full_) fmt::print("{} {} ms: {}\n", code, took.count(), shown);
  }
  fmt::print("the slowest answer took {} ms\n", slowest.count());
  Conclude(
      fmt::format("{} queries over {} series", std::size(questions), probes * SeriesPerProbe()),
      full_ ? 3000 * kMega : 300 * kMega);
}

}  // namespace
}  // namespace forewarn
