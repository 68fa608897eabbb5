using System.Text.Json.Nodes;
using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>Rope's settings in GGUF: metadata, and for Llama 3.1 and LongRoPE tensors with a divisor for each rotated pair.</summary>
static class GgufRope
{
    /// <summary>Llama 3.1's divisors.</summary>
    public const string Frequencies = "rope_freqs.weight";

    /// <summary>LongRoPE's divisors beyond the trained length.</summary>
    public const string LongFactors = "rope_factors_long.weight";

    /// <summary>LongRoPE's divisors up to the trained length.</summary>
    public const string ShortFactors = "rope_factors_short.weight";

    /// <summary>Writes the metadata.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="architecture">The keys' prefix.</param>
    /// <param name="config">In one spelling (<see cref="HubConfig.Normalised"/>).</param>
    /// <param name="canScaleByTensor">Whether the architecture reads divisors from a tensor.</param>
    /// <exception cref="CheckpointException">A setting has no form in GGUF.</exception>
    public static void Write(GgufWriter writer, string architecture, Config config, bool canScaleByTensor)
    {
        string prefix = architecture + ".rope.";
        writer.Add(prefix + "dimension_count", (uint)Rotated(config));
        if (config.SectionOrNull("rope_scaling") is not { } scaling)
        {
            return;
        }

        string type = scaling.String("rope_type");
        switch (type)
        {
            case "linear":
                writer.Add(prefix + "scaling.type", type);
                writer.Add(prefix + "scaling.factor", scaling.Float("factor"));
                break;
            case "yarn":
                WriteYarn(writer, prefix, config, scaling);
                break;
            case "longrope" when canScaleByTensor:
                writer.Add(prefix + "scaling.type", type);
                writer.Add(prefix + "scaling.original_context_length", (uint)Trained(config, scaling));
                writer.Add(prefix + "scaling.attn_factor", LongMagnitude(config, scaling));
                break;
            case "llama3" when canScaleByTensor:
                break;
            default:
                throw scaling.Bad("rope_type", $"is '{type}', which GGUF's {architecture} cannot say; linear and yarn it can");
        }
    }

    /// <summary>Llama 3.1's tensor, where the config scales so.</summary>
    public static IEnumerable<RawTensor> Llama3Tensors(Config config)
    {
        if (config.SectionOrNull("rope_scaling") is { } scaling && scaling.String("rope_type") == "llama3")
        {
            float[] plain = Rope.Plain(config.Float("rope_theta"), Rotated(config)), scaled = Rope.Llama3([.. plain], scaling);
            yield return Vector(Frequencies, [.. plain.Zip(scaled, (p, s) => p / s)]);
        }
    }

    /// <summary>LongRoPE's tensors, where the config scales so.</summary>
    public static IEnumerable<RawTensor> LongTensors(Config config)
    {
        if (config.SectionOrNull("rope_scaling") is { } scaling && scaling.String("rope_type") == "longrope")
        {
            yield return Vector(LongFactors, scaling.Floats("long_factor"));
            yield return Vector(ShortFactors, scaling.Floats("short_factor"));
        }
    }

    /// <summary>
    /// Llama 3.1's settings out of its divisors. Where they are none of Llama 3.1's, LongRoPE with the same divisors at every
    /// length, which is the same.
    /// </summary>
    public static JsonObject Recover(float[] divisors, Config config)
    {
        JsonObject? llama3 = divisors.Length == Rotated(config) / 2 ? Llama3(divisors, config) : null;
        return llama3 ?? new JsonObject
        {
            ["rope_type"] = "longrope",
            ["attention_factor"] = 1.0,
            ["original_max_position_embeddings"] = config.Int("max_position_embeddings"),
            ["short_factor"] = new JsonArray([.. divisors.Select(d => (JsonNode)d)]),
            ["long_factor"] = new JsonArray([.. divisors.Select(d => (JsonNode)d)]),
        };
    }

    /// <summary>How many numbers of a head are rotated.</summary>
    static int Rotated(Config config)
    {
        int head = config.IntOr("head_dim", config.Int("hidden_size") / config.Int("num_attention_heads"));
        return (int)(head * config.Float("partial_rotary_factor", 1));
    }

    static void WriteYarn(GgufWriter writer, string prefix, Config config, Config scaling)
    {
        foreach (string key in (string[])["attention_factor", "mscale", "mscale_all_dim"])
        {
            if (scaling.Has(key))
            {
                throw scaling.Bad(key, "has no form in GGUF, whose YaRN always takes 0.1 ln(factor) + 1");
            }
        }

        if (!scaling.Bool("truncate", true))
        {
            throw scaling.Bad("truncate", "is false, which GGUF cannot say");
        }

        int trained = scaling.IntOr("original_max_position_embeddings", config.Int("max_position_embeddings"));
        writer.Add(prefix + "scaling.type", "yarn");
        writer.Add(prefix + "scaling.factor", scaling.Float("factor", (float)config.Int("max_position_embeddings") / trained));
        writer.Add(prefix + "scaling.original_context_length", (uint)trained);
        foreach (string key in (string[])["beta_fast", "beta_slow"])
        {
            if (scaling.Has(key))
            {
                writer.Add($"{prefix}scaling.yarn_{key}", scaling.Float(key));
            }
        }
    }

    static int Trained(Config config, Config scaling) =>
        scaling.IntOr("original_max_position_embeddings", config.IntOr("original_max_position_embeddings", config.Int("max_position_embeddings")));

    static float LongMagnitude(Config config, Config scaling)
    {
        if (scaling.Has("attention_factor"))
        {
            return scaling.Float("attention_factor");
        }

        int trained = Trained(config, scaling);
        float factor = (float)config.Int("max_position_embeddings") / trained;
        return factor <= 1 ? 1 : (float)Math.Sqrt(1 + Math.Log(factor) / Math.Log(trained));
    }

    /// <summary>
    /// Between the short wavelengths (divisor 1) and the long ones (divisor = factor) 1/divisor is linear in 1/wavelength:
    /// two pairs there give the line, and with the lower factor set to 1 the upper one and the trained length. One pair
    /// alone gives the length where the upper factor is 4, as in all of Meta's models.
    /// </summary>
    static JsonObject? Llama3(float[] divisors, Config config)
    {
        float[] plain = Rope.Plain(config.Float("rope_theta"), Rotated(config));
        double factor = divisors.Max();
        if (factor <= 1 || divisors.Min() < 1)
        {
            return null;
        }

        (double Inverse, double Smooth)[] between =
        [
            .. divisors.Zip(plain, (divisor, frequency) => (Inverse: frequency / (2 * Math.PI), Smooth: (1 / divisor - 1 / factor) / (1 - 1 / factor)))
                .Where(pair => pair.Smooth is > 1e-5 and < 1 - 1e-5),
        ];
        double high = 4, trained;
        if (between.Length == 0)
        {
            // Any length between the last pair that is kept and the first that is slowed down says the same.
            int last = Array.FindLastIndex(divisors, divisor => divisor == 1);
            trained = last < 0 ? 1 : Math.Ceiling(high * 2 * Math.PI / plain[last]);
        }
        else
        {
            (double inverse, double smooth) = between[0];
            if (between.Length > 1)
            {
                (double otherInverse, double otherSmooth) = between[^1];
                double slope = (smooth - otherSmooth) / (inverse - otherInverse), offset = smooth - slope * inverse;
                high = Math.Round(1 - 1 / offset, 3);
            }

            trained = Math.Round((smooth * (high - 1) + 1) / inverse);
        }

        if (trained is not (>= 1 and <= int.MaxValue) || high <= 1)
        {
            return null;
        }

        var scaling = new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = (float)factor,
            ["low_freq_factor"] = 1.0,
            ["high_freq_factor"] = high,
            ["original_max_position_embeddings"] = (int)trained,
        };
        return Reproduces(scaling, plain, divisors) ? scaling : null;
    }

    static bool Reproduces(JsonObject scaling, float[] plain, float[] divisors)
    {
        using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse(scaling.ToJsonString());
        float[] scaled = Rope.Llama3([.. plain], new Config("rope_scaling", document.RootElement.Clone()));
        return plain.Zip(scaled, (p, s) => p / s).Zip(divisors, (ours, given) => MathF.Abs(ours - given) <= 1e-5f * given).All(same => same);
    }

    static RawTensor Vector(string name, float[] values) => RawTensor.FromFloats(name, [values.Length], values);
}
