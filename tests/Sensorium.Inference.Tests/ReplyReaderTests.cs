namespace Sensorium.Inference.Tests;

public sealed class ReplyReaderTests
{
    // The fake tokenizer's ids 0 to 7 are the letters a to h.
    static (string Text, bool Stopped) Read(string letters, params string[] stops)
    {
        var reader = new ReplyReader(FakeSystem.Tokenizer, stops);
        string text = string.Concat(letters.Select(l => reader.Append(l - 'a')));
        return (text + reader.Flush(), reader.Stopped);
    }

    [Fact]
    public void TextWithoutStopsPasses() => Read("abcdef").ShouldBe(("abcdef", false));

    [Fact]
    public void AStopStringMayStraddleTokens() => Read("abcdef", "cde").ShouldBe(("ab", true));

    [Fact]
    public void TheFirstOfSeveralCounts() => Read("abcdef", "ef", "cd").ShouldBe(("ab", true));

    [Fact]
    public void AnUnfinishedStopStringIsText() => Read("abcd", "cde").ShouldBe(("abcd", false));

    [Fact]
    public void OverlappingBeginningsAreFound() => Read("aabaabaac", "aabaac").ShouldBe(("aab", true));

    [Fact]
    public void NothingThatMayBeAStopIsShownEarly()
    {
        var reader = new ReplyReader(FakeSystem.Tokenizer, ["bc"]);
        reader.Append(0).ShouldBe("a");
        reader.Append(1).ShouldBe("");
        reader.Append(3).ShouldBe("bd");
    }

    [Fact]
    public void AnEmptyStopStringIsRefused() => Should.Throw<ArgumentException>(() => new ReplyReader(FakeSystem.Tokenizer, [""]));
}
