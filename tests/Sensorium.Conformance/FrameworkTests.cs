using System.Text.Json.Nodes;
using Sensorium.Cli;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Conformance.Support;

namespace Sensorium.Conformance;

/// <summary>The framework itself: a wrong value fails, what is not there is skipped, and the exit code says so.</summary>
public sealed class FrameworkTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("sensorium-verify-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_whole_bundle_passes()
    {
        (int code, string output) = await Verify(Copy("llama"));
        output.ShouldContain("4 passed, 0 failed, 0 skipped");
        code.ShouldBe(ExitCode.Success);
    }

    [Fact]
    public async Task A_changed_number_fails_and_is_named()
    {
        string bundle = Copy("llama");
        string file = Path.Combine(bundle, "expected.safetensors");
        byte[] bytes = await File.ReadAllBytesAsync(file);

        // The last float of the file: one bit of its exponent.
        bytes[^1] ^= 0x01;
        await File.WriteAllBytesAsync(file, bytes);
        (int code, string output) = await Verify(bundle);
        output.ShouldContain("FAIL");
        output.ShouldContain("1 failed");
        code.ShouldBe(ExitCode.Failure);
    }

    [Fact]
    public async Task A_changed_id_fails_at_its_place()
    {
        string bundle = Copy("llama");
        Change(bundle, json => json["checks"]![1]!["expected_ids"]![3] = 1 + (int)json["checks"]![1]!["expected_ids"]![3]!);
        (int code, string output) = await Verify(bundle);
        output.ShouldContain("at 3:");
        code.ShouldBe(ExitCode.Failure);
    }

    [Fact]
    public async Task A_tolerance_of_nothing_fails()
    {
        string bundle = Copy("llama");
        Change(bundle, json => json["checks"]![0]!["tolerance"] = new JsonObject());
        (int code, _) = await Verify(bundle);
        code.ShouldBe(ExitCode.Failure);
    }

    [Fact]
    public async Task What_is_not_there_is_skipped()
    {
        string bundle = Copy("llama");
        Directory.Delete(Path.Combine(bundle, "model"), recursive: true);
        Change(bundle, json => json["model"] = "../nowhere/at-all");
        (int code, string output) = await Verify(bundle);
        output.ShouldContain("the model is not there");
        code.ShouldBe(ExitCode.Skipped);
    }

    [Fact]
    public async Task A_family_or_a_kind_that_is_not_built_is_skipped_with_the_reason()
    {
        string bundle = Copy("llama");
        Change(bundle, json => json["checks"]![0]!["kind"] = "levitate");
        string config = Path.Combine(bundle, "model", "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("\"model_type\": \"llama\"", "\"model_type\": \"llamb\"", StringComparison.Ordinal));
        (int code, string output) = await Verify(bundle);
        output.ShouldContain("'levitate'");
        output.ShouldContain("llamb");
        code.ShouldBe(ExitCode.Skipped);
    }

    [Fact]
    public async Task Fast_mode_shows_distances_without_a_verdict()
    {
        (int code, string output) = await Verify(Copy("llama"), "--fast");
        output.ShouldContain("0 passed, 0 failed, 0 skipped");
        code.ShouldBe(ExitCode.Success);
    }

    [Fact]
    public async Task A_folder_without_bundles_is_bad_input()
    {
        (int code, _) = await Verify(folder);
        code.ShouldBe(ExitCode.BadInput);
    }

    static async Task<(int Code, string Output)> Verify(string path, params string[] more)
    {
        using var output = new StringWriter();
        using var terminal = new Terminal(TextReader.Null, output, TextWriter.Null);
        int code = await CommandLine.RunAsync(["verify", path, .. more], terminal);
        return (code, output.ToString());
    }

    static void Change(string bundle, Action<JsonNode> change)
    {
        string file = Path.Combine(bundle, "case.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }

    string Copy(string name)
    {
        string source = Path.Combine(Repository.Bundles, name);
        string target = Path.Combine(folder, name);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }
}
