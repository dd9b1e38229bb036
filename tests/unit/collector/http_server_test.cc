#include "collector/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "tests/unit/collector/raw_client.h"
#include "tests/unit/collector/temp_dir.h"

namespace forewarn {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpServerTest : public testing::Test {
 protected:
  void Open(HttpOptions options = {}) {
    auto server =
        HttpServer::Open(options, {{"GET", "/hello",
                                    [](const HttpRequest&) {
                                      return HttpResponse{200, "hello world\n"};
                                    }},
                                   {"POST", "/echo",
                                    [](const HttpRequest& request) {
                                      return HttpResponse{200, request.query + "|" + request.body};
                                    }},
                                   Later()});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
  }

  // A door that answers when AnswerAll() says so, and lets in who says `let me`.
  HttpRoute Later() {
    HttpRoute route{"POST", "/later"};
    route.admit = [](const HttpRequest& request) -> std::optional<HttpResponse> {
      if (request.authorization == "let me") return std::nullopt;
      return HttpResponse{401, "who are you?\n", "text/plain", {{"WWW-Authenticate", "Bearer"}}};
    };
    route.later = [this](HttpRequest request, HttpReply reply) {
      std::lock_guard lock(mutex_);
      asked_.emplace_back(std::move(request), std::move(reply));
      came_.notify_all();
    };
    route.max_body_bytes = 100'000;
    return route;
  }
  void AwaitRequests(size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return asked_.size() >= count; });
  }
  void AnswerAll() {
    std::lock_guard lock(mutex_);
    for (auto& [request, reply] : asked_) reply({200, request.body});
    asked_.clear();
  }

  std::string Ask(std::string_view request) {
    RawClient client(server_->address());
    client.Send(request);
    return client.ReadAll();
  }

  std::unique_ptr<HttpServer> server_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::pair<HttpRequest, HttpReply>> asked_;
};

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

TEST_F(HttpServerTest, TurnsAwayOneConnectionTooMany) {
  HttpOptions options;
  options.max_connections = 1;
  Open(options);
  RawClient first(server_->address());
  first.Send(
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\nContent-Length: 2\r\n\r\nab");
  AwaitRequests(1);
  RawClient second(server_->address());
  EXPECT_THAT(second.ReadAll(), StartsWith("HTTP/1.1 503"));
  AnswerAll();
  EXPECT_THAT(first.ReadUntil("ab"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, SlowAndIdleConnectionsGiveWay) {
  HttpOptions options;
  options.max_connections = 8;
  Open(options);
  RawClient admitted(server_->address());
  admitted.Send(
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\nContent-Length: 2\r\n\r\na");
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 500; ++i) {
    idle.push_back(std::make_unique<RawClient>(server_->address()));
    ASSERT_TRUE(idle.back()->connected()) << i;
    // Silent, in the middle of a header, in the middle of a body that nobody is asked for.
    if (i % 3 == 1) idle.back()->Send("GET /hel");
    if (i % 3 == 2)
      idle.back()->Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nab");
    if (i % 50 != 0) continue;
    EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                EndsWith("hello world\n"));
  }
  EXPECT_EQ(idle.front()->ReadAll(), "") << "it gave way";
  admitted.Send("b");
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(admitted.ReadUntil("ab"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, WhoeverIsAdmittedAndSlowLeavesAPlaceForOthers) {
  HttpOptions options;
  options.max_connections = 8;
  Open(options);
  const std::string door =
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\nExpect: 100-continue\r\n"
      "Content-Length: 99\r\n\r\n";
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 6; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_->address()));
    slow.back()->Send(door);
    EXPECT_THAT(slow.back()->ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100")) << i;
  }
  for (int i = 0; i < 20; ++i) {
    std::string answer = Ask(door);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                EndsWith("hello world\n"));
  }
  slow.front()->Send(std::string(99, 'x'));
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(slow.front()->ReadUntil("xxx"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ClosesAConnectionThatSendsNothing) {
  HttpOptions options;
  options.request_timeout = 50ms;
  Open(options);
  RawClient client(server_->address());
  client.Send("GET /hel");
  EXPECT_EQ(client.ReadAll(), "");
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
        "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\nContent-Length: 2\r\n"
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
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\nContent-Length: 2\r\n\r\nab");
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
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\nContent-Length: 3\r\n"
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
  const std::string door = "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\n";
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

TEST_F(HttpServerTest, BodiesTogetherAreBounded) {
  HttpOptions options;
  options.max_waiting_bytes = 150'000;
  Open(options);
  const std::string door =
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\nContent-Length: 100000\r\n"
      "Connection: close\r\n\r\n";
  RawClient first(server_->address());
  first.Send(door + std::string(100'000, 'x'));
  AwaitRequests(1);
  std::string answer = Ask(door);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  AnswerAll();
  EXPECT_THAT(first.ReadAll(), StartsWith("HTTP/1.1 200"));
  RawClient second(server_->address());
  second.Send(door + std::string(100'000, 'x'));
  AwaitRequests(1);
  AnswerAll();
  EXPECT_THAT(second.ReadAll(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AChunkedBodyTakesTheRoomOfWhatCame) {
  HttpOptions options;
  options.max_waiting_bytes = 1000;  // one may have 100,000
  Open(options);
  const std::string door =
      "POST /later HTTP/1.1\r\nHost: x\r\nAuthorization: let me\r\nTransfer-Encoding: chunked\r\n"
      "Connection: close\r\n\r\n";
  RawClient first(server_->address());
  RawClient second(server_->address());
  for (RawClient* client : {&first, &second}) client->Send(door + "2\r\nab\r\n0\r\n\r\n");
  AwaitRequests(2);
  RawClient third(server_->address());
  third.Send(door + "fa0\r\n" + std::string(4000, 'x'));
  EXPECT_THAT(third.ReadUntil("in a moment"), StartsWith("HTTP/1.1 503"));
  AnswerAll();
  EXPECT_THAT(first.ReadAll(), EndsWith("\r\n\r\nab"));
  EXPECT_THAT(second.ReadAll(), EndsWith("\r\n\r\nab"));
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

}  // namespace
}  // namespace forewarn
