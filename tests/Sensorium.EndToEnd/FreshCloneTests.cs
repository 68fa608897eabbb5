using System.Text.RegularExpressions;

namespace Sensorium.EndToEnd;

/// <summary>What a newcomer does: clones, and types what README says.</summary>
public sealed partial class FreshCloneTests(Checkout checkout) : IClassFixture<Checkout>
{
    [CheckoutFact]
    public void Readmes_commands_give_what_readme_shows()
    {
        (string Command, string[] Output)[] shown = [.. Shown(File.ReadAllText(Path.Combine(checkout.Folder, "README.md")))];
        shown.Select(s => s.Command.Split(' ')[0]).ShouldBe(["./sensorium", "./test"]);
        foreach ((string command, string[] output) in shown)
        {
            Said said = checkout.Shell(command);
            said.Code.ShouldBe(0, $"{command}\n{said.Out}\n{said.Error}");
            string[] lines = said.Out.Trim().Split('\n');

            // Counts of tests grow, and what is between '…' is not shown.
            Generalised(lines[^1]).ShouldBe(Generalised(output[^1]), command);
            Generalised(lines[0]).ShouldBe(Generalised(output[0]), command);
        }
    }

    [CheckoutFact]
    public void The_command_runs_from_anywhere_through_a_link_and_starts_at_once()
    {
        checkout.Shell("./sensorium list").Code.ShouldBe(0);
        string elsewhere = Directory.CreateTempSubdirectory("sensorium-elsewhere-").FullName;
        try
        {
            Said said = checkout.Shell($"ln -s '{checkout.Folder}/sensorium' s && ./s list", elsewhere);
            said.Code.ShouldBe(0, said.Error);
            said.Out.ShouldContain("llama");
            said.Error.ShouldNotContain("building");
        }
        finally
        {
            Directory.Delete(elsewhere, recursive: true);
        }
    }

    [CheckoutFact]
    public void Where_the_sdk_is_missing_it_says_how_to_get_it()
    {
        string tools = Directory.CreateTempSubdirectory("sensorium-tools-").FullName;
        try
        {
            // A PATH with the usual tools and no dotnet.
            checkout.Shell($"for t in bash cat find mkdir readlink env dirname; do ln -s \"$(command -v $t)\" '{tools}/'; done").Code.ShouldBe(0);
            checkout.Shell($"cp sensorium '{tools}/'").Code.ShouldBe(0);
            Said said = Checkout.Run(tools, Path.Combine(tools, "bash"), ["./sensorium", "list"], ("PATH", tools));
            said.Code.ShouldBe(1);
            said.Error.ShouldContain(".NET 10 SDK");
            said.Error.ShouldContain("dot.net");
        }
        finally
        {
            Directory.Delete(tools, recursive: true);
        }
    }

    [CheckoutFact]
    public void A_closed_pipe_is_no_error_and_arguments_must_be_utf8()
    {
        checkout.Shell("./sensorium list").Code.ShouldBe(0);
        Said piped = checkout.Shell("set -o pipefail; ./sensorium inspect smollm2-135m-instruct --tensors | head -1");
        piped.Code.ShouldBe(0, piped.Error);
        piped.Error.ShouldBeEmpty();
        Said bytes = checkout.Shell("./sensorium inspect $'caf\\xe9.gguf'");
        bytes.Code.ShouldBe(2);
        bytes.Error.ShouldContain("UTF-8");
    }

    static string Generalised(string line) => Numbers().Replace(line.Trim(), "N");

    /// <summary>The commands of README's console blocks with the lines shown below each.</summary>
    static IEnumerable<(string Command, string[] Output)> Shown(string readme)
    {
        foreach (Match block in Blocks().Matches(readme))
        {
            string[] lines = block.Groups["text"].Value.Trim().Split('\n');
            yield return (lines[0][2..], lines[1..]);
        }
    }

    [GeneratedRegex(@"```console\n(?<text>\$ .*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"\d+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbers();
}
