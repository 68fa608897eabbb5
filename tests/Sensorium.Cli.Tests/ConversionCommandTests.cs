using System.Text.Json;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;

namespace Sensorium.Cli.Tests;

/// <summary><c>convert</c> and <c>quantize</c> as a person types them.</summary>
public sealed class ConversionCommandTests : IDisposable
{
    static readonly string Bundles = Path.Combine(Typed.Root, "tests", "Sensorium.Conformance", "bundles");
    static readonly string Llama = Path.Combine(Bundles, "llama", "model");

    readonly string folder = Directory.CreateTempSubdirectory("sensorium-cli-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string At(string name) => Path.Combine(folder, name);

    [Fact]
    public async Task A_folder_becomes_a_file_and_a_folder_again()
    {
        Result there = await Run("convert", Llama, "--to", "gguf", "-o", At("m.gguf"), "--check");
        there.Code.ShouldBe(ExitCode.Success);
        there.Out.ShouldContain("32.00 bits a weight");
        there.Out.ShouldContain("the same best token at 24 of 24");
        there.Error.ShouldContain("note: tokenizer");
        Result inspected = await Run("inspect", At("m.gguf"));
        inspected.Code.ShouldBe(ExitCode.Success);
        inspected.Out.ShouldContain("llama");
        Result back = await Run("convert", At("m.gguf"), "--to", "safetensors", "-o", At("m"), "--json");
        back.Code.ShouldBe(ExitCode.Success);
        using JsonDocument json = JsonDocument.Parse(back.Out);
        json.RootElement.GetProperty("types").GetProperty("F32").GetInt32().ShouldBe(21);
        (await Run("inspect", At("m"))).Out.ShouldContain("safetensors");
    }

    [Fact]
    public async Task A_model_is_quantised_and_opens()
    {
        string source = Path.Combine(Bundles, "gguf-quant-types", "model-F16.gguf");
        Result result = await Run("quantize", source, "--type", "q4_k_m", "-o", At("q.gguf"), "--check", "--json");
        result.Code.ShouldBe(ExitCode.Success);
        using JsonDocument json = JsonDocument.Parse(result.Out);
        JsonElement types = json.RootElement.GetProperty("types");
        types.GetProperty("Q6_K").GetInt32().ShouldBe(3);
        types.GetProperty("Q4_K").GetInt32().ShouldBe(13);
        types.GetProperty("F32").GetInt32().ShouldBe(5);
        json.RootElement.GetProperty("bits_per_weight").GetDouble().ShouldBeInRange(4.8, 5);
        json.RootElement.GetProperty("logits").GetProperty("rms").GetDouble().ShouldBeInRange(0.05, 0.5);
        Result pure = await Run("quantize", source, "--type", "Q4_K_M", "-o", At("p.gguf"), "--pure", "--json");
        JsonDocument.Parse(pure.Out).RootElement.GetProperty("types").GetProperty("Q4_K").GetInt32().ShouldBe(16);
    }

    [Fact]
    public async Task What_is_there_is_replaced_only_by_force()
    {
        File.WriteAllText(At("m.gguf"), "mine");
        Result refused = await Run("convert", Llama, "--to", "gguf", "-o", At("m.gguf"));
        refused.Code.ShouldBe(ExitCode.BadInput);
        refused.Error.ShouldContain("--force");
        File.ReadAllText(At("m.gguf")).ShouldBe("mine");
        (await Run("convert", Llama, "--to", "gguf", "-o", At("m.gguf"), "--force")).Code.ShouldBe(ExitCode.Success);
        (await Run("inspect", At("m.gguf"))).Code.ShouldBe(ExitCode.Success);
    }

    [Fact]
    public async Task A_folder_with_other_things_is_never_replaced()
    {
        Directory.CreateDirectory(At("m"));
        File.WriteAllText(Path.Combine(At("m"), "thesis.doc"), "mine");
        (await Run("convert", Llama, "--to", "safetensors", "-o", At("m"))).Error.ShouldContain("--force");
        Result result = await Run("convert", Llama, "--to", "safetensors", "-o", At("m"), "--force");
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain("thesis.doc");
        Directory.GetFiles(At("m")).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("--to bin", "convert", "MODEL", "--to", "bin")]
    [InlineData("is for quantize", "convert", "MODEL", "--to", "gguf", "--type", "Q4_0")]
    [InlineData("F32, F16 and BF16", "convert", "MODEL", "--to", "gguf", "--type", "F99")]
    [InlineData("nearest: 'Q4_K_M'", "quantize", "MODEL", "--type", "Q4_K_N")]
    [InlineData("no such folder", "quantize", "MODEL", "--type", "Q8_0", "-o", "/no/such/place/x.gguf")]
    [InlineData("--type", "quantize", "MODEL")]
    public async Task What_cannot_be_done_is_told_in_a_line(string message, params string[] arguments)
    {
        Result result = await Run([.. arguments.Select(word => word == "MODEL" ? Llama : word)]);
        result.Code.ShouldBe(ExitCode.BadInput);
        result.Error.ShouldContain(message);
    }

    static Task<Result> Run(params string[] arguments) => Typed.Run(TextReader.Null, arguments);
}
