using Sensorium.Models.Encoders;
using Sensorium.Tensors;

namespace Sensorium.Models.Projectors;

/// <summary>What encoders said of one picture, by name.</summary>
public sealed class EncoderOutputs
{
    readonly Dictionary<string, EncoderOutput> outputs = new(StringComparer.Ordinal);

    /// <summary>The rows under a name.</summary>
    /// <exception cref="KeyNotFoundException">No encoder gives it.</exception>
    public Tensor this[string name] => outputs.TryGetValue(name, out EncoderOutput output)
        ? output.Values
        : throw new KeyNotFoundException($"the projector reads '{name}', the encoders give {string.Join(", ", outputs.Keys)}");

    /// <summary>Adds an encoder's results.</summary>
    public void Add(IReadOnlyDictionary<string, EncoderOutput> results)
    {
        foreach ((string name, EncoderOutput output) in results)
        {
            outputs.Add(name, output);
        }
    }

    /// <summary>Adds one result.</summary>
    public void Add(string name, Tensor values) => outputs.Add(name, new EncoderOutput(values, (int)values.Rows));
}

/// <summary>Turns what encoders say of a picture into soft tokens of the language model. Immutable once loaded.</summary>
public abstract class Projector
{
    /// <summary>Soft tokens of a picture.</summary>
    public abstract int NumSoftTokens { get; }

    /// <summary>The pooled grid it reads, rows and columns.</summary>
    public abstract (int Height, int Width) Grid { get; }

    /// <summary>The names of the encoders' outputs that it reads.</summary>
    public abstract IReadOnlyList<string> Reads { get; }

    /// <summary>One picture's soft tokens, [NumSoftTokens, hidden].</summary>
    public abstract Tensor Forward(Compute c, EncoderOutputs outputs);
}
