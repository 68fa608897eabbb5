using System.Text.RegularExpressions;
using Sensorium.Cli.Errors;

namespace Sensorium.Cli.Tests;

/// <summary>The examples that the help shows do what they say. What they write goes to a folder of the test's instead of the checkout's artifacts.</summary>
public sealed partial class ExampleTests : IDisposable
{
    const string Written = "artifacts/";

    static readonly string[] OutputFlags = ["-o", "--output", "--boxes"];

    readonly string folder = Directory.CreateTempSubdirectory("sensorium-examples-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // Without bench, which measures the machine, and verify over all bundles, which the conformance tests do.
    [Theory]
    [InlineData("ask")]
    [InlineData("chat")]
    [InlineData("label")]
    [InlineData("detect")]
    [InlineData("embed")]
    [InlineData("inspect")]
    [InlineData("list")]
    [InlineData("convert")]
    [InlineData("quantize")]
    [InlineData("verify")]
    [InlineData("tokenize")]
    [InlineData("tokenizer train")]
    [InlineData("doctor")]
    public async Task Examples_work_and_write_where_builds_write(string verb)
    {
        string help = (await Typed.Run(TextReader.Null, [.. verb.Split(' '), "--help"])).Out;
        string[] examples = [.. Examples().Matches(help[help.IndexOf("Example:", StringComparison.Ordinal)..]).Select(shown => shown.Groups["arguments"].Value)];
        examples.ShouldNotBeEmpty();
        foreach (string example in examples.Where(example => !example.EndsWith("--tier all", StringComparison.Ordinal)))
        {
            example.ShouldStartWith(verb + (example == verb ? "" : " "));
            string[] words = [.. Words().Matches(example).Select(word => word.Value.Trim('"'))];
            string[] outputs = [.. words.Zip(words.Skip(1)).Where(pair => OutputFlags.Contains(pair.First, StringComparer.Ordinal)).Select(pair => pair.Second)];
            outputs.ShouldAllBe(output => output.StartsWith(Written, StringComparison.Ordinal), example);
            Result result = await Typed.Run(TextReader.Null, [.. words.Select(Placed)]);
            result.Code.ShouldBe(ExitCode.Success, $"{example}\n{result.Error}");
            outputs.ShouldAllBe(output => Path.Exists(Placed(output)), example);
        }
    }

    /// <summary>A path from the root of a checkout, as it is from here.</summary>
    string Placed(string word) =>
        word.StartsWith(Written, StringComparison.Ordinal) ? Path.Combine(folder, word[Written.Length..])
        : word.StartsWith("tests/", StringComparison.Ordinal) || word.StartsWith("models/", StringComparison.Ordinal) ? Path.Combine(Typed.Root, word)
        : word;

    [GeneratedRegex(@"^  \./sensorium (?<arguments>.*?)\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Examples();

    [GeneratedRegex("\"[^\"]*\"|\\S+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();
}
