#include "config/schema.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

enum class Colour { kRed, kBlue };

struct Wheel {
  std::string name;
  int64_t spokes = 20;
};
struct Engine {
  Duration warm_up = 10s;
  bool loud = false;
};
struct Car {
  std::string plate;
  int64_t seats = 4;
  int64_t tank = 1 << 20;
  Colour colour = Colour::kRed;
  Engine engine;
  std::vector<Wheel> wheels;
  std::vector<std::string> drivers = {"default"};
};

const Schema<Wheel>& WheelSchema() {
  static const Schema<Wheel> schema = {
      Required(Text("name", &Wheel::name, SlugKind(), "Name."), "left"),
      Integer("spokes", &Wheel::spokes, 3, 100, "Spokes."),
  };
  return schema;
}
const Schema<Engine>& EngineSchema() {
  static const Schema<Engine> schema =
      Schema<Engine>{
          DurationSetting("warm_up", &Engine::warm_up, 1s, 1h, "Time."),
          Flag("loud", &Engine::loud, "Noise."),
      }
          .Also([](const Engine& engine, const YamlNode& node, FileMistakes& mistakes) {
            if (engine.loud && engine.warm_up > 1min) mistakes.Add(node, "loud for too long");
          });
  return schema;
}
const Schema<Car>& CarSchema() {
  static const Schema<Car> schema = {
      Required(Text("plate", &Car::plate, TextKind(), "Plate."), "X-1"),
      Integer("seats", &Car::seats, 1, 9, "Seats."),
      Size("tank", &Car::tank, 1, 1 << 30, "Tank."),
      Enumeration("colour", &Car::colour, {{"red", Colour::kRed}, {"blue", Colour::kBlue}},
                  "Paint."),
      Section("engine", &Car::engine, EngineSchema(), "Engine."),
      ListOf("wheels", &Car::wheels, WheelSchema(), 4, "Wheels."),
      ListOf("drivers", &Car::drivers, SlugKind(), 2, "Drivers."),
  };
  return schema;
}

StatusOr<Car> Parse(std::string_view text) { return ParseSettings("car.yaml", text, CarSchema()); }

TEST(Schema, ReadsEveryKindOfSetting) {
  StatusOr<Car> car = Parse(R"(
plate: X-2
seats: 2
tank: 64MiB
colour: blue
engine:
  warm_up: 5s
wheels:
- name: left
- {name: right, spokes: 3}
drivers: [a, b]
)");
  ASSERT_TRUE(car.ok()) << car.status().message();
  EXPECT_EQ(car->plate, "X-2");
  EXPECT_EQ(car->seats, 2);
  EXPECT_EQ(car->tank, 64 << 20);
  EXPECT_EQ(car->colour, Colour::kBlue);
  EXPECT_EQ(car->engine.warm_up, 5s);
  EXPECT_FALSE(car->engine.loud);
  ASSERT_EQ(car->wheels.size(), 2u);
  EXPECT_EQ(car->wheels[0].spokes, 20);
  EXPECT_EQ(car->wheels[1].name, "right");
  EXPECT_EQ(car->drivers, (std::vector<std::string>{"a", "b"}));
}

TEST(Schema, WhatIsNotWrittenKeepsItsDefault) {
  StatusOr<Car> car = Parse("plate: X\n");
  ASSERT_TRUE(car.ok());
  EXPECT_EQ(car->seats, 4);
  EXPECT_EQ(car->drivers, std::vector<std::string>{"default"});
  EXPECT_TRUE(Parse("plate: X\ndrivers: []\n")->drivers.empty()) << "an empty list is written";
}

TEST(Schema, EveryMistakeIsListedWithItsPlace) {
  EXPECT_EQ(Parse(R"(seats: 10
tnak: 1MiB
colour: blu
engine:
  warm_up: 5
  lound: true
  loud: yes
wheels:
- spokes: 2
- name: Left
  spokes: 03
drivers: [a, B, c]
engine: {}
)")
                .status()
                .message(),
            "car.yaml:1:1: the key 'plate' is missing\n"
            "car.yaml:1:8: 'seats' must be from 1 to 9, not '10'\n"
            "car.yaml:2:1: unknown key 'tnak'; did you mean 'tank'?\n"
            "car.yaml:3:9: 'colour' must be red or blue, not 'blu'; did you mean 'blue'?\n"
            "car.yaml:5:12: 'warm_up' must be a duration with units, largest first, such as 1h30m "
            "or 250ms, not '5'\n"
            "car.yaml:6:3: unknown key 'lound'; did you mean 'loud'?\n"
            "car.yaml:7:9: 'loud' must be true or false, not 'yes'\n"
            "car.yaml:9:3: the key 'name' is missing\n"
            "car.yaml:9:11: 'spokes' must be from 3 to 100, not '2'\n"
            "car.yaml:10:9: 'name' must be a name of 1 to 63 lower-case letters, digits and "
            "dashes, not 'Left'\n"
            "car.yaml:11:11: 'spokes' must be a whole number without leading zeros, quotes or "
            "units, not '03'\n"
            "car.yaml:12:10: 'drivers' has 3 items, more than 2\n"
            "car.yaml:13:1: the key 'engine' is given twice; the first is in line 4");
}

TEST(Schema, AKeyWithoutAValueIsAMistake) {
  EXPECT_EQ(Parse("plate: X\nengine:\nseats: ~\n").status().message(),
            "car.yaml:2:1: the key 'engine' has no value; leave it out or give it one\n"
            "car.yaml:3:1: the key 'seats' has no value; leave it out or give it one");
}

TEST(Schema, AValueOfAnotherShapeIsAMistake) {
  EXPECT_EQ(Parse("plate: [X]\nengine: fast\nwheels: {name: a}\ndrivers: a\n").status().message(),
            "car.yaml:1:8: 'plate' must be text, not a list\n"
            "car.yaml:2:9: expected keys and values, not 'fast'\n"
            "car.yaml:3:9: 'wheels' must be a list, not a map\n"
            "car.yaml:4:10: 'drivers' must be a list, not 'a'");
  EXPECT_EQ(Parse("- plate: X\n").status().message(),
            "car.yaml:1:1: expected keys and values, not a list");
}

TEST(Schema, RulesAboutSeveralKeysRunWhenEachIsFine) {
  EXPECT_EQ(Parse("plate: X\nengine: {loud: true, warm_up: 2m}\n").status().message(),
            "car.yaml:2:9: loud for too long");
  EXPECT_EQ(Parse("plate: X\nengine: {loud: true, warm_up: 2h}\n").status().message(),
            "car.yaml:2:31: 'warm_up' must be from 1s to 1h, not '2h'");
}

TEST(Schema, AnEmptyFileLacksOnlyWhatIsRequired) {
  EXPECT_EQ(Parse("").status().message(), "car.yaml:1:1: the key 'plate' is missing");
}

TEST(Schema, AfterBadSyntaxNothingIsBlamedForBeingMissing) {
  EXPECT_EQ(Parse("plate: [\n").status().message().find("missing"), std::string::npos);
}

}  // namespace
}  // namespace forewarn
