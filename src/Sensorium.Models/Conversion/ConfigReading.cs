using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>
/// What a model takes from its config: every value that its constructor asks for. Two configs of which it takes the same make
/// the same model, whatever else stands in them; so a conversion is proved by reading back what it wrote.
/// </summary>
static class ConfigReading
{
    // Rope is compared by what the converter wrote: GGUF says part of it in tensors.
    static readonly string[] Apart = ["rope_", "partial_rotary_factor"];

    // A window only matters to texts longer than it is.
    static readonly string[] Windows = ["sliding_window", "layer_types"];

    static readonly Dictionary<string, string> Synonyms = new(StringComparer.Ordinal)
    {
        ["swish"] = "silu",
        ["gelu_new"] = "gelu_pytorch_tanh",
        ["gelu_fast"] = "gelu_pytorch_tanh",
    };

    /// <summary>Builds a family's model and notes what it takes.</summary>
    public static Dictionary<string, string> Of(Family family, Checkpoint at, Config config)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        family.Build(at, config.Watched((key, value) => taken[key] = value), new NoParts(config, "names another checkpoint; a composed model is not converted, its parts are, one by one"));
        return taken;
    }

    /// <summary>Throws where the second lacks or changes what the first has; remarks on windows that get lost.</summary>
    /// <param name="before">What the model took before.</param>
    /// <param name="after">What it takes of the converted config.</param>
    /// <param name="source">The config's file, for messages.</param>
    /// <param name="architecture">What it was converted to.</param>
    /// <param name="remarks">Receives what differs only for long texts.</param>
    /// <exception cref="CheckpointException">The converted model would answer otherwise.</exception>
    public static void Compare(Dictionary<string, string> before, Dictionary<string, string> after, string source, string architecture, ICollection<string> remarks)
    {
        foreach ((string key, string value) in before)
        {
            bool isThere = after.TryGetValue(key, out string? other);
            if (Apart.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal)) || (isThere && Same(value, other!)))
            {
                continue;
            }

            if (!isThere && Windows.Contains(key))
            {
                if (key == Windows[0])
                {
                    remarks.Add($"config: sliding_window {value} is not carried over; GGUF's {architecture} attends to the whole text, so answers differ beyond {value} tokens");
                }

                continue;
            }

            throw new CheckpointException(source, key, $"is {value}, which GGUF's {architecture} cannot say{(isThere ? $" (it would be {other})" : "")}; the converted model would answer otherwise");
        }
    }

    static bool Same(string a, string b) => Synonyms.GetValueOrDefault(a, a) == Synonyms.GetValueOrDefault(b, b);
}
