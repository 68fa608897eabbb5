namespace Sensorium.Tensors.Formats;

/// <summary>How the K types find a group's scale: least weighted error over a few candidates (ggml-quants.c, <c>make_qkx2_quants</c>, <c>make_q3_quants</c>, <c>make_qx_quants</c>).</summary>
static unsafe class ScaleSearch
{
    /// <summary>A group whose numbers are all smaller than this counts as zero.</summary>
    public const float Negligible = 1e-15f;

    /// <summary>x ≈ scale·level − min with levels 0 to <paramref name="top"/> and min ≥ 0.</summary>
    /// <param name="x">The group, of at most 32.</param>
    /// <param name="weights">The weight of each error.</param>
    /// <param name="count">Size of the group.</param>
    /// <param name="top">The largest level.</param>
    /// <param name="level">Receives the levels.</param>
    /// <param name="min">Receives the minimum, negated.</param>
    /// <param name="firstTry">What the first candidate adds to <paramref name="top"/>; each next one adds 0.1 more.</param>
    /// <param name="tries">The last candidate's number.</param>
    /// <param name="absolute">Errors count by magnitude, else by square.</param>
    /// <returns>The scale.</returns>
    public static float WithMinimum(float* x, float* weights, int count, int top, byte* level, out float min, float firstTry, int tries, bool absolute)
    {
        float low = x[0], high = x[0], sumW = weights[0], sumX = sumW * x[0];
        for (int i = 1; i < count; i++)
        {
            low = x[i] < low ? x[i] : low;
            high = x[i] > high ? x[i] : high;
            sumW += weights[i];
            sumX += weights[i] * x[i];
        }

        if (low > 0)
            low = 0;
        if (high == low)
        {
            new Span<byte>(level, count).Clear();
            min = -low;
            return 0;
        }

        float inverse = top / (high - low), scale = 1 / inverse;
        Levels(x, count, top, inverse, low, level);
        float best = Error(x, weights, count, level, scale, low, absolute);
        byte* candidate = stackalloc byte[32];
        for (int attempt = 0; attempt <= tries; attempt++)
        {
            inverse = (firstTry + 0.1f * attempt + top) / (high - low);
            Levels(x, count, top, inverse, low, candidate);
            float sumL = 0, sumL2 = 0, sumXL = 0;
            for (int i = 0; i < count; i++)
            {
                int l = candidate[i];
                float w = weights[i];
                sumL += w * l;
                sumL2 += w * l * l;
                sumXL += w * l * x[i];
            }

            float determinant = sumW * sumL2 - sumL * sumL;
            if (!(determinant > 0))
                continue;
            float thisScale = (sumW * sumXL - sumX * sumL) / determinant;
            float thisLow = (sumL2 * sumX - sumL * sumXL) / determinant;
            if (thisLow > 0)
            {
                thisLow = 0;
                thisScale = sumXL / sumL2;
            }

            float error = Error(x, weights, count, candidate, thisScale, thisLow, absolute);
            if (error < best)
            {
                new Span<byte>(candidate, count).CopyTo(new Span<byte>(level, count));
                (best, scale, low) = (error, thisScale, thisLow);
            }
        }

        min = -low;
        return scale;
    }

    /// <summary>x ≈ scale·(level − top), by coordinate descent from the extreme's scale; levels 0 to 2·top−1.</summary>
    public static float Descend(float* x, int count, int top, sbyte* level)
    {
        float extreme = PlainWriter.Extreme(x, count);
        if (MathF.Abs(extreme) < Negligible)
        {
            new Span<sbyte>(level, count).Clear();
            return 0;
        }

        float inverse = -top / extreme, product = 0, square = 0;
        for (int i = 0; i < count; i++)
        {
            int l = Math.Clamp(SuperWriter.Nearest(inverse * x[i]), -top, top - 1);
            level[i] = (sbyte)l;
            float w = x[i] * x[i];
            product += w * x[i] * l;
            square += w * l * l;
        }

        for (int round = 0; round < 5; round++)
        {
            bool changed = false;
            for (int i = 0; i < count; i++)
            {
                float w = x[i] * x[i];
                float otherProduct = product - w * x[i] * level[i];
                if (!(otherProduct > 0))
                    continue;
                float otherSquare = square - w * level[i] * level[i];
                int l = Math.Clamp(SuperWriter.Nearest(x[i] * otherSquare / otherProduct), -top, top - 1);
                if (l == level[i])
                    continue;
                otherProduct += w * x[i] * l;
                otherSquare += w * l * l;
                if (otherSquare > 0 && otherProduct * otherProduct * square > product * product * otherSquare)
                {
                    level[i] = (sbyte)l;
                    (product, square, changed) = (otherProduct, otherSquare, true);
                }
            }

            if (!changed)
                break;
        }

        for (int i = 0; i < count; i++)
            level[i] += (sbyte)top;
        return square > 0 ? product / square : 0;
    }

    /// <summary>x ≈ scale·(level − top), the best of nineteen scales about the extreme's, errors weighted by the squares.</summary>
    public static float Symmetric(float* x, int count, int top, sbyte* level)
    {
        float extreme = PlainWriter.Extreme(x, count);
        if (MathF.Abs(extreme) < Negligible)
        {
            new Span<sbyte>(level, count).Clear();
            return 0;
        }

        float inverse = -top / extreme;
        (float product, float square) = Fit(x, count, top, inverse);
        SignedLevels(x, count, top, inverse, level);
        float scale = square != 0 ? product / square : 0;
        float best = scale * product;
        for (int step = -9; step <= 9; step++)
        {
            if (step == 0)
                continue;
            inverse = -(top + 0.1f * step) / extreme;
            (product, square) = Fit(x, count, top, inverse);
            if (square > 0 && product * product > best * square)
            {
                SignedLevels(x, count, top, inverse, level);
                scale = product / square;
                best = scale * product;
            }
        }

        return scale;
    }

    static void Levels(float* x, int count, int top, float inverse, float low, byte* level)
    {
        for (int i = 0; i < count; i++)
            level[i] = (byte)Math.Clamp(SuperWriter.Nearest(inverse * (x[i] - low)), 0, top);
    }

    static void SignedLevels(float* x, int count, int top, float inverse, sbyte* level)
    {
        for (int i = 0; i < count; i++)
            level[i] = (sbyte)(top + Math.Clamp(SuperWriter.Nearest(inverse * x[i]), -top, top - 1));
    }

    static (float Product, float Square) Fit(float* x, int count, int top, float inverse)
    {
        float product = 0, square = 0;
        for (int i = 0; i < count; i++)
        {
            int l = Math.Clamp(SuperWriter.Nearest(inverse * x[i]), -top, top - 1);
            float w = x[i] * x[i];
            product += w * x[i] * l;
            square += w * l * l;
        }

        return (product, square);
    }

    static float Error(float* x, float* weights, int count, byte* level, float scale, float low, bool absolute)
    {
        float error = 0;
        for (int i = 0; i < count; i++)
        {
            float difference = scale * level[i] + low - x[i];
            error += weights[i] * (absolute ? MathF.Abs(difference) : difference * difference);
        }

        return error;
    }
}
