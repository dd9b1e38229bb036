#include "probe/checks.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "probe/run_command.h"
#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

CheckResult Shell(const std::string& script, Duration timeout = 10s) {
  return MakeCommandCheck({"/bin/sh", "-c", script}, timeout)->Run();
}

TEST(CommandCheck, JudgesByTheExitCode) {
  EXPECT_EQ(Shell("echo good; exit 0").verdict, Verdict::kPassing);
  EXPECT_EQ(Shell("echo so so; exit 1").verdict, Verdict::kWarning);
  EXPECT_EQ(Shell("exit 2").verdict, Verdict::kFailing);
  EXPECT_EQ(Shell("exit 3").message, "exit code 3");
  EXPECT_EQ(Shell("echo; echo '  second line'; echo third").message, "second line");
  EXPECT_EQ(Shell("echo to stderr >&2; exit 1").message, "to stderr");
}

TEST(CommandCheck, FailsWhatASignalEndedOrNobodyStarted) {
  CheckResult killed = Shell("kill -9 $$");
  EXPECT_EQ(killed.verdict, Verdict::kFailing);
  EXPECT_THAT(killed.message, HasSubstr("signal 9"));
  CheckResult missing = MakeCommandCheck({"/nonexistent/program"}, 1s)->Run();
  EXPECT_EQ(missing.verdict, Verdict::kFailing);
  EXPECT_THAT(missing.message, HasSubstr("/nonexistent/program"));
}

TEST(CommandCheck, KillsTheWholeGroupAtTheTimeout) {
  TempDir dir;
  CheckResult result = Shell("(sleep 60; echo late > " + (dir / "late") + ") & sleep 60", 200ms);
  EXPECT_EQ(result.verdict, Verdict::kFailing);
  EXPECT_EQ(result.message, "no result within 200ms");
  EXPECT_LT(result.took, 30s);
}

TEST(CommandCheck, DoesNotWaitForAChildThatHoldsTheOutput) {
  CheckResult result = Shell("sleep 60 & echo done", 20s);
  EXPECT_EQ(result.verdict, Verdict::kPassing);
  EXPECT_EQ(result.message, "done");
  EXPECT_LT(result.took, 10s);
}

TEST(RunCommand, KeepsABoundedPartOfTheOutputAndDoesNotBlockTheProgram) {
  StatusOr<CommandOutcome> outcome =
      RunCommand({"/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"}, 20s, 1000);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->exit_code, 0);
  EXPECT_EQ(outcome->output.size(), 1000u);
}

// Answers one request with `response` and goes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string response) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    socklen_t size = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/health";
    thread_ = std::thread([this, response = std::move(response)] {
      int client = accept(fd_, nullptr, nullptr);
      char buffer[4096];
      (void)!read(client, buffer, sizeof buffer);
      (void)!write(client, response.data(), response.size());
      close(client);
    });
  }
  ~OneAnswer() {
    thread_.join();
    close(fd_);
  }

  std::string url;

 private:
  int fd_;
  std::thread thread_;
};

CheckResult Ask(const std::string& response, HttpCheckOptions options = {}) {
  OneAnswer server(response);
  options.url = server.url;
  return MakeHttpCheck(options)->Run();
}

TEST(HttpCheck, JudgesByStatusAndBody) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nhealthy";
  EXPECT_EQ(Ask(ok).verdict, Verdict::kPassing);
  HttpCheckOptions options;
  options.expected_body = "healthy";
  EXPECT_EQ(Ask(ok, options).verdict, Verdict::kPassing);
  options.expected_body = "splendid";
  EXPECT_THAT(Ask(ok, options).message, HasSubstr("not in the body"));
  CheckResult bad = Ask("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(bad.verdict, Verdict::kFailing);
  EXPECT_THAT(bad.message, HasSubstr("status 503 where 200"));
}

TEST(HttpCheck, FailsWhereNobodyAnswersAndForOtherSchemes) {
  HttpCheckOptions options;
  options.url = "http://127.0.0.1:1/";
  EXPECT_EQ(MakeHttpCheck(options)->Run().verdict, Verdict::kFailing);
  options.url = "file:///etc/passwd";
  EXPECT_EQ(MakeHttpCheck(options)->Run().verdict, Verdict::kFailing);
}

TEST(CheckSource, HandsOverEachRunOnceAndTheNewestAsASample) {
  SystemClock clock;
  std::vector<CheckPlan> plans;
  plans.push_back({"db", 1h, MakeCommandCheck({"/bin/sh", "-c", "exit 1"}, 5s)});
  auto source = MakeCheckSource(std::move(plans), clock);
  Readings out(clock.Now());
  Duration end = clock.Monotonic() + 10s;
  while (out.reports.checks.empty() && clock.Monotonic() < end) {
    std::this_thread::yield();
    out = Readings(clock.Now());
    ASSERT_TRUE(source->Read(out).ok());
  }
  ASSERT_EQ(out.reports.checks.size(), 1u);
  EXPECT_EQ(out.reports.checks[0].name, "db");
  EXPECT_EQ(out.reports.checks[0].verdict, Verdict::kWarning);
  Readings next(clock.Now());
  ASSERT_TRUE(source->Read(next).ok());
  EXPECT_TRUE(next.reports.checks.empty());
  ASSERT_EQ(next.samples.size(), 2u);
  EXPECT_EQ(SeriesText(next.samples[0].series), "forewarn_check_status{check=\"db\"}");
  EXPECT_EQ(next.samples[0].value, 1);
}

TEST(CheckSource, HasARunOfEachCheckOnceItIsSettled) {
  SystemClock clock;
  std::vector<CheckPlan> plans;
  plans.push_back({"quick", 1h, MakeCommandCheck({"/bin/sh", "-c", "exit 0"}, 5s)});
  plans.push_back({"slow", 1h, MakeCommandCheck({"/bin/sh", "-c", "sleep 0.3; exit 1"}, 5s)});
  plans.push_back({"stuck", 1h, MakeCommandCheck({"/bin/sh", "-c", "sleep 60"}, 100ms)});
  auto source = MakeCheckSource(std::move(plans), clock);
  source->Settle();
  Readings out(clock.Now());
  ASSERT_TRUE(source->Read(out).ok());
  std::vector<std::string> names;
  for (const Check& check : out.reports.checks) names.push_back(check.name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("quick", "slow", "stuck"));
  EXPECT_EQ(out.samples.size(), 6u);
}

}  // namespace
}  // namespace forewarn
