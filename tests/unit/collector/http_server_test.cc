#include "collector/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "collector/http_shared.h"
#include "tests/unit/collector/http_world.h"
#include "tests/unit/collector/temp_dir.h"

namespace forewarn {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

using HttpServerTest = HttpWorld;

TEST_F(HttpServerTest, AnswersAGet) {
  Open();
  std::string answer = Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nhello world\n"));
}

TEST_F(HttpServerTest, AHeadHasTheLengthButNotTheBody) {
  Open();
  std::string answer = Ask("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, ServesSeveralRequestsOnOneConnection) {
  Open();
  RawClient client(server_->address());
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("world"), StartsWith("HTTP/1.1 200"));
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), EndsWith("hello world\n"));
}

TEST_F(HttpServerTest, SaysWhatThereIsWhenAPathLeadsNowhere) {
  Open();
  std::string answer = Ask("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(answer, HasSubstr("GET /hello"));
}

TEST_F(HttpServerTest, SaysWhichMethodADoorTakes) {
  Open();
  std::string answer = Ask("DELETE /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(answer, HasSubstr("/hello answers GET only"));
}

TEST_F(HttpServerTest, TakesBodiesWithALengthAndChunked) {
  Open();
  EXPECT_THAT(Ask("POST /echo?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: "
                  "close\r\n\r\nabc"),
              EndsWith("a=1|abc"));
  EXPECT_THAT(
      Ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
          "\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
      EndsWith("|abc"));
}

TEST_F(HttpServerTest, RefusesWhatIsTooLong) {
  HttpOptions options;
  options.max_header_bytes = 512;
  options.max_body_bytes = 10;
  Open(options);
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nX: " + std::string(600, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  std::string answer = Ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr("longer than 10 bytes"));
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  Open();
  EXPECT_THAT(Ask("\x16\x03\x01 hello\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpServerTest, ClosesAConnectionThatSendsNothing) {
  HttpOptions options;
  options.request_timeout = 50ms;
  Open(options);
  RawClient client(server_->address());
  client.Send("GET /hel");
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(HttpServerTest, ALongAnswerHasMoreTimeToLeaveButNotForEver) {
  auto read_late = [&](int64_t slowest_reader) {
    HttpOptions options;
    options.request_timeout = 300ms;
    options.slowest_reader = slowest_reader;
    server_ = *HttpServer::Open(options, {Long()});
    RawClient client(server_->address());
    client.Send(AskForLong("a"));
    std::string answer = client.ReadUntil("\r\n\r\n");
    RawClient other(server_->address());
    other.Send("GET /hel");
    EXPECT_EQ(other.ReadAll(), "") << "whose time began later is over";
    return answer + client.ReadAll();
  };
  EXPECT_GT(read_late(128 << 10).size(), kLong);
  EXPECT_LT(read_late(int64_t{1} << 40).size(), kLong);
}

TEST_F(HttpServerTest, DoesNotWaitForALongAnswerToLeaveWhenItEnds) {
  HttpOptions options;
  options.request_timeout = 300ms;
  options.slowest_reader = kLong / 30;
  server_ = *HttpServer::Open(options, {Long()});
  RawClient client(server_->address());
  client.Send(AskForLong("a"));
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  SystemClock clock;
  const Duration begun = clock.Monotonic();
  server_.reset();
  EXPECT_LT(clock.Monotonic() - begun, 20s);
  EXPECT_LT(client.ReadAll().size(), kLong);
}

TEST_F(HttpServerTest, NamesAnAddressThatItCannotListenOn) {
  Open();
  HttpOptions options;
  options.listen = server_->address();
  HttpOptions nowhere;
  nowhere.listen = "nowhere";
  auto second = HttpServer::Open(options, {});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.status().message(), HasSubstr(server_->address()));
  EXPECT_EQ(HttpServer::Open(nowhere, {}).status().code(), Code::kInvalidArgument);
}

TEST_F(HttpServerTest, StopsListeningWhenItIsGone) {
  Open();
  std::string address = server_->address();
  server_.reset();
  EXPECT_FALSE(RawClient(address).connected());
}

TEST_F(HttpServerTest, AnswersLaterWithoutHoldingAThread) {
  HttpOptions options;
  options.threads = 1;
  Open(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->address()));
    clients.back()->Send(
        "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\nab");
  }
  AwaitRequests(5);
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("hello world\n"));
  AnswerAll();
  for (auto& client : clients) EXPECT_THAT(client->ReadAll(), EndsWith("\r\n\r\nab"));
}

TEST_F(HttpServerTest, FinishesWhatItOwesBeforeItEnds) {
  Open();
  RawClient client(server_->address());
  client.Send(
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\nContent-Length: 2\r\n\r\nab");
  AwaitRequests(1);
  std::thread ends([this] { server_.reset(); });
  AnswerAll();
  EXPECT_THAT(client.ReadAll(), EndsWith("\r\n\r\nab"));
  ends.join();
}

TEST_F(HttpServerTest, WhoAnsweredMayForgetAboutItAfterTheServerIsGone) {
  Open();
  RawClient client(server_->address());
  client.Send(
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\nContent-Length: 3\r\n"
      "Connection: close\r\n\r\nabc");
  AwaitRequests(1);
  HttpReply kept = asked_.front().second;
  AnswerAll();
  EXPECT_THAT(client.ReadAll(), EndsWith("abc"));
  server_.reset();
  kept = nullptr;  // the last to know of the connection
}

TEST_F(HttpServerTest, TurnsAwayByTheHeaderAloneAndTheClientStillSeesWhy) {
  Open();
  RawClient client(server_->address());
  client.Send("POST /later HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3000\r\n" +
              std::string(0x3000, 'x') + "\r\n3000\r\n" + std::string(0x3000, 'x') +
              "\r\n0\r\n\r\n");
  std::string answer = client.ReadUntil("who are you?");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(answer, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(HttpServerTest, ASmallBodyThatIsTurnedAwayDoesNotCostTheConnection) {
  Open();
  RawClient client(server_->address());
  client.Send("POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
  EXPECT_THAT(client.ReadUntil("who are you?"), StartsWith("HTTP/1.1 401"));
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), EndsWith("hello world\n"));
}

TEST_F(HttpServerTest, EachDoorHasItsOwnLimit) {
  HttpOptions options;
  options.max_body_bytes = 10;
  Open(options);
  const std::string door = "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer me\r\n";
  EXPECT_THAT(Ask(door + "Content-Length: 100001\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  RawClient chunked(server_->address());
  chunked.Send(door + "Transfer-Encoding: chunked\r\n\r\n186a1\r\n");
  EXPECT_THAT(chunked.ReadUntil("longer than 100000 bytes"), StartsWith("HTTP/1.1 413"));
  RawClient client(server_->address());
  client.Send(door + "Content-Length: 11\r\nConnection: close\r\n\r\nhello hello");
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(client.ReadAll(), EndsWith("hello hello"));
}

TEST_F(HttpServerTest, RefusesABodyInAnEncodingThatItWouldNotUndo) {
  Open();
  for (const char* encoding : {"gzip, chunked", "gzip", "identity", "chunked, chunked"}) {
    std::string answer = Ask(std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ") +
                             encoding + "\r\n\r\n2\r\nab\r\n0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 501") || answer.starts_with("HTTP/1.1 400"))
        << encoding << ": " << answer;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  }
}

TEST_F(HttpServerTest, AHeaderThatHasBegunHasToComeOnAKeptConnectionToo) {
  HttpOptions options;
  options.request_timeout = 2s;  // also that of the first request, which must be in time
  options.idle_timeout = 1h;
  Open(options);
  RawClient client(server_->address());
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("world\n"), StartsWith("HTTP/1.1 200"));
  client.Send("GET /hel");
  EXPECT_EQ(client.ReadAll(), "");
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, SaysThatItWaitsForTheBody) {
  Open();
  RawClient client(server_->address());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  client.Send("ab");
  EXPECT_THAT(client.ReadAll(), EndsWith("|ab"));
}

TEST_F(HttpServerTest, SpeaksTlsWithACertificate) {
  TempDir dir;
  MakeCertificate(dir.path());
  HttpOptions options;
  options.certificate_file = dir.path() + "/server.pem";
  options.key_file = dir.path() + "/server.key";
  Open(options);
  std::string answer = AskOverTls(server_->address(),
                                  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                                  "Connection: close\r\n\r\nab");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, EndsWith("|ab"));
  EXPECT_EQ(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").find("hello"),
            std::string::npos)
      << "in the clear there is nothing";
}

TEST_F(HttpServerTest, NamesACertificateThatItCannotUse) {
  HttpOptions options;
  options.certificate_file = "/nowhere/server.pem";
  options.key_file = "/nowhere/server.key";
  Status status = HttpServer::Open(options, {}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("/nowhere/server.pem"));
}

TEST(HttpPath, HasAStarForAnySegment) {
  EXPECT_TRUE(IsPathOf("/a/*/b", "/a/x/b"));
  EXPECT_TRUE(IsPathOf("/a/b", "/a/b"));
  EXPECT_FALSE(IsPathOf("/a/*/b", "/a//b"));
  EXPECT_FALSE(IsPathOf("/a/*/b", "/a/x/y/b"));
  EXPECT_FALSE(IsPathOf("/a/*/b", "/a/b"));
  EXPECT_FALSE(IsPathOf("/a/*/b", "/a/x/c"));
  EXPECT_FALSE(IsPathOf("/a/b", "/a/b/"));
}

}  // namespace
}  // namespace forewarn
