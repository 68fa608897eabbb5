using Sensorium.Tensors;

namespace Sensorium.Models.Layers;

/// <summary>
/// Reads rotary embeddings' settings from a config, in the form of transformers 4 (<c>rope_theta</c>,
/// <c>rope_scaling</c>) or 5 (<c>rope_parameters</c>), and makes the table (transformers modeling_rope_utils).
/// </summary>
public static class Rope
{
    /// <param name="config">The language model's config.</param>
    /// <param name="headSize">Numbers in a head.</param>
    /// <param name="divisors">For each pair what its frequency is divided by (GGUF's <c>rope_freqs</c>); null: nothing.</param>
    /// <param name="defaultTheta">The base where the config names none.</param>
    /// <param name="layerType">Whose parameters are meant, where <c>rope_parameters</c> has a section for each type of layer.</param>
    public static RopeTable Read(Config config, int headSize, float[]? divisors = null, float defaultTheta = 10000, string layerType = "full_attention")
    {
        Config? parameters = config.SectionOrNull("rope_parameters");
        Config? scaling = parameters?.SectionOrNull(layerType) ?? parameters ?? config.SectionOrNull("rope_scaling");
        Config thetaAt = scaling?.Has("rope_theta") == true ? scaling : config;
        float theta = thetaAt.Float("rope_theta", defaultTheta);
        if (theta <= 0)
        {
            throw thetaAt.Bad("rope_theta", "must be positive");
        }

        float share = scaling?.Float("partial_rotary_factor", config.Float("partial_rotary_factor", 1)) ?? config.Float("partial_rotary_factor", 1);
        int size = (int)(headSize * share);
        string type = scaling?.String("rope_type", scaling.String("type", "default")) ?? "default";
        return type switch
        {
            "default" or "mrope" => new RopeTable(divisors is null ? Plain(theta, size) : Divided(Plain(theta, size), divisors, config)),
            "linear" => new RopeTable(Divided(Plain(theta, size), Factor(scaling!))),
            "dynamic" => Dynamic(theta, size, Factor(scaling!), config.Int("max_position_embeddings")),
            "yarn" => Yarn(theta, size, scaling!, config),
            "llama3" => new RopeTable(Llama3(Plain(theta, size), scaling!)),
            "longrope" or "su" => Long(theta, size, scaling!, config),
            _ => throw scaling!.Bad("rope_type", $"is '{type}', which is not supported; default, linear, dynamic, yarn, llama3 and longrope are"),
        };
    }

    /// <summary>theta^(-2i / size), for each pair i (Su et al. 2021).</summary>
    public static float[] Plain(float theta, int size)
    {
        var frequencies = new float[size / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = (float)(1.0 / Math.Pow(theta, 2.0 * i / size));
        }

        return frequencies;
    }

    static float Factor(Config scaling)
    {
        float factor = scaling.Float("factor");
        return factor > 0 ? factor : throw scaling.Bad("factor", "must be positive");
    }

    static float[] Divided(float[] frequencies, float factor)
    {
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] /= factor;
        }

        return frequencies;
    }

    static float[] Divided(float[] frequencies, float[] divisors, Config config)
    {
        if (divisors.Length != frequencies.Length)
        {
            throw config.Bad("rope_freqs.weight", $"has {divisors.Length} numbers for {frequencies.Length} rotated pairs");
        }

        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] /= divisors[i];
        }

        return frequencies;
    }

    /// <summary>Beyond the trained length the base grows with the length of the sequence.</summary>
    static RopeTable Dynamic(float theta, int size, float factor, int trained)
    {
        var plain = new RopeTable(Plain(theta, size));
        var longer = new System.Collections.Concurrent.ConcurrentDictionary<int, RopeTable>();
        return new RopeTable(Plain(theta, size), byLength: length => length <= trained ? plain : Longer(length)) { SameUpTo = trained };

        RopeTable Longer(int length)
        {
            if (longer.Count > 64)
            {
                longer.Clear();
            }

            return longer.GetOrAdd(length, static (n, s) =>
            {
                double grown = s.theta * Math.Pow(s.factor * n / s.trained - (s.factor - 1), s.size / (s.size - 2.0));
                return new RopeTable(Plain((float)grown, s.size));
            }, (theta, size, factor, trained));
        }
    }

    /// <summary>YaRN (Peng et al. 2023): a blend of interpolated and plain frequencies between two correction dimensions.</summary>
    static RopeTable Yarn(float theta, int size, Config scaling, Config config)
    {
        int trained = scaling.IntOr("original_max_position_embeddings", config.IntOr("max_position_embeddings", 2048));
        float factor = scaling.Has("factor") ? Factor(scaling) : (float)config.Int("max_position_embeddings") / trained;
        float betaFast = scaling.Float("beta_fast", 32);
        float betaSlow = scaling.Float("beta_slow", 1);
        double low = Correction(betaFast);
        double high = Correction(betaSlow);
        if (scaling.Bool("truncate", true))
        {
            low = Math.Floor(low);
            high = Math.Ceiling(high);
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, size - 1);
        double span = high == low ? 0.001 : high - low;
        float[] plain = Plain(theta, size);
        for (int i = 0; i < plain.Length; i++)
        {
            float interpolated = (float)Math.Clamp((i - low) / span, 0, 1);
            plain[i] = plain[i] / factor * interpolated + plain[i] * (1 - interpolated);
        }

        return new RopeTable(plain, magnitude: YarnMagnitude(scaling, factor));

        double Correction(float rotations) => size * Math.Log(trained / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
    }

    /// <summary>
    /// LongRoPE (Ding et al. 2024): each frequency has a divisor of its own, one set up to the trained length and one for
    /// sequences beyond it.
    /// </summary>
    static RopeTable Long(float theta, int size, Config scaling, Config config)
    {
        int longest = config.Int("max_position_embeddings");
        Config trainedAt = scaling.Has("original_max_position_embeddings") ? scaling : config;
        int trained = trainedAt.IntOr("original_max_position_embeddings", longest, least: 2);
        float factor = trainedAt.Has("original_max_position_embeddings") ? (float)longest / trained : scaling.Float("factor", 1);
        float magnitude = scaling.Has("attention_factor")
            ? scaling.Float("attention_factor")
            : factor <= 1 ? 1 : (float)Math.Sqrt(1 + Math.Log(factor) / Math.Log(trained));
        var beyond = new RopeTable(Factors("long_factor"), magnitude: magnitude);
        var within = new RopeTable(Factors("short_factor"), magnitude: magnitude);
        return new RopeTable(Factors("short_factor"), magnitude: magnitude, byLength: length => length > trained ? beyond : within) { SameUpTo = trained, SwitchesOnce = true };

        float[] Factors(string key)
        {
            float[] factors = scaling.Floats(key);
            float[] frequencies = Plain(theta, size);
            if (factors.Length != frequencies.Length)
            {
                throw scaling.Bad(key, $"has {factors.Length} numbers for {frequencies.Length} rotated pairs");
            }

            for (int i = 0; i < frequencies.Length; i++)
            {
                frequencies[i] = factors[i] > 0
                    ? (float)(1.0 / (factors[i] * Math.Pow(theta, 2.0 * i / size)))
                    : throw scaling.Bad(key, "must hold positive numbers");
            }

            return frequencies;
        }
    }

    static float YarnMagnitude(Config scaling, float factor)
    {
        if (scaling.Has("attention_factor"))
        {
            return scaling.Float("attention_factor");
        }

        float scale = scaling.Float("mscale", 0);
        float scaleAllDims = scaling.Float("mscale_all_dim", 0);
        return scale != 0 && scaleAllDims != 0 ? Magnitude(scale) / Magnitude(scaleAllDims) : Magnitude(1);

        float Magnitude(float m) => factor <= 1 ? 1 : (float)(0.1 * m * Math.Log(factor) + 1);
    }

    /// <summary>Llama 3.1: long wavelengths are slowed down by the factor, short ones kept, those between blended.</summary>
    internal static float[] Llama3(float[] frequencies, Config scaling)
    {
        float factor = Factor(scaling);
        float lowFactor = scaling.Float("low_freq_factor");
        float highFactor = scaling.Float("high_freq_factor");
        int trained = scaling.Int("original_max_position_embeddings");
        for (int i = 0; i < frequencies.Length; i++)
        {
            double wavelength = 2 * Math.PI / frequencies[i];
            if (wavelength > trained / lowFactor)
            {
                frequencies[i] /= factor;
            }
            else if (wavelength >= trained / highFactor)
            {
                double smooth = (trained / wavelength - lowFactor) / (highFactor - lowFactor);
                frequencies[i] = (float)((1 - smooth) * frequencies[i] / factor + smooth * frequencies[i]);
            }
        }

        return frequencies;
    }
}
