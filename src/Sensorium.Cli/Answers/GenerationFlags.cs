using System.CommandLine;
using Sensorium.Cli.Errors;
using Sensorium.Inference.Sampling;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Answers;

/// <summary>How an answer is made: the flags that <c>ask</c> and <c>chat</c> share.</summary>
sealed class GenerationFlags
{
    readonly Option<string> model = new("--model", "-m") { Description = "A folder, a .gguf file or a model's name", DefaultValueFactory = _ => "nano", HelpName = "model" };
    readonly Option<string?> mmproj = new("--mmproj") { Description = "The vision tower and projector that go with a .gguf language model: mmproj-*.gguf", HelpName = "file" };
    readonly Option<float?> temperature = new("--temperature") { Description = "Divides the logits; 0: always the best token", HelpName = "number" };
    readonly Option<float?> topP = new("--top-p") { Description = "Draw from the best tokens that reach this probability together", HelpName = "number" };
    readonly Option<int?> topK = new("--top-k") { Description = "Draw from this many best tokens", HelpName = "count" };
    readonly Option<float?> minP = new("--min-p") { Description = "Draw from tokens at least this share as likely as the best", HelpName = "number" };
    readonly Option<float?> repetitionPenalty = new("--repetition-penalty") { Description = "Above 1: tokens that occurred become less likely", HelpName = "number" };
    readonly Option<long?> seed = new("--seed") { Description = "The same seed draws the same answer", HelpName = "number" };
    readonly Option<int?> maxTokens = new("--max-tokens") { Description = "The longest answer, in tokens; by default the model's own, in chat else 1024", HelpName = "count" };
    readonly Option<string[]> stop = new("--stop") { Description = "Ends the answer where it comes; may be given again", HelpName = "text" };
    readonly Option<bool> exact = new("--exact") { Description = "Compute with unrounded activations: slower, and near ties fall as the reference decides them" };

    /// <summary>Declares them.</summary>
    public void Declare(Command command)
    {
        foreach (Option option in new Option[] { model, mmproj, temperature, topP, topK, minP, repetitionPenalty, seed, maxTokens, stop, exact })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The model that is asked for.</summary>
    public string Model(ParseResult parsed) => parsed.GetValue(model)!;

    /// <summary>The file with a vision tower and projector; null: none is given.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    public string? Mmproj(ParseResult parsed)
    {
        string? file = parsed.GetValue(mmproj);
        return file is null || File.Exists(file) ? file : throw new UsageException($"--mmproj {file} is not there; it names a file (mmproj-*.gguf)");
    }

    /// <summary>The arithmetic that is asked for.</summary>
    public Numerics Numerics(ParseResult parsed) => parsed.GetValue(exact) ? Tensors.Numerics.Exact : Tensors.Numerics.Fast;

    /// <summary>The longest answer; null: the model's own.</summary>
    public int? MaxTokens(ParseResult parsed) => parsed.GetValue(maxTokens) is not { } count || count > 0 ? parsed.GetValue(maxTokens) : throw new UsageException($"--max-tokens is 1 or more, not {count}");

    /// <summary>Strings that end the answer.</summary>
    public string[] Stops(ParseResult parsed) => parsed.GetValue(stop) is not { } stops ? [] : stops.Any(s => s.Length == 0) ? throw new UsageException("--stop needs a text that is not empty") : stops;

    /// <summary>How tokens are chosen, as far as the command line says.</summary>
    /// <exception cref="UsageException">A value is outside its range.</exception>
    public SamplingOptions Sampling(ParseResult parsed)
    {
        var options = new SamplingOptions
        {
            Temperature = parsed.GetValue(temperature),
            TopP = parsed.GetValue(topP),
            TopK = parsed.GetValue(topK),
            MinP = parsed.GetValue(minP),
            RepetitionPenalty = parsed.GetValue(repetitionPenalty),
            Seed = parsed.GetValue(seed),
        };
        try
        {
            options.ToSampler();
            return options;
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new UsageException($"{Flag(e.ParamName!)} has the value {e.ActualValue}; {e.Message.Split('(', '\n', '\r')[0].Trim()}");
        }
    }

    /// <summary>What is asked for, and else what the checkpoint says.</summary>
    public SamplingOptions Sampling(ParseResult parsed, LanguageSystem system) => Sampling(parsed).Or(SamplingOptions.Of(system.Generation));

    /// <summary>TopP as --top-p.</summary>
    static string Flag(string name) => "--" + string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
