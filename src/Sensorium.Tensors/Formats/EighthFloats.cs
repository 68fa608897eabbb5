namespace Sensorium.Tensors.Formats;

/// <summary>The two 8-bit floats of the OCP specification (2023), by table.</summary>
static unsafe class EighthFloats
{
    static readonly float[] e4m3 = Table(exponentBits: 4, bias: 7, hasInfinity: false);
    static readonly float[] e5m2 = Table(exponentBits: 5, bias: 15, hasInfinity: true);

    public static void FromE4M3(byte* source, float* destination, long count) => Look(e4m3, source, destination, count);

    public static void FromE5M2(byte* source, float* destination, long count) => Look(e5m2, source, destination, count);

    static void Look(float[] table, byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
            destination[i] = table[source[i]];
    }

    static float[] Table(int exponentBits, int bias, bool hasInfinity)
    {
        int mantissaBits = 7 - exponentBits;
        int top = (1 << exponentBits) - 1;
        var table = new float[256];
        for (int code = 0; code < 256; code++)
        {
            int exponent = (code >> mantissaBits) & top;
            int mantissa = code & ((1 << mantissaBits) - 1);
            float value = exponent == 0
                ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
                : MathF.ScaleB((1 << mantissaBits) + mantissa, exponent - bias - mantissaBits);
            if (hasInfinity && exponent == top)
                value = mantissa == 0 ? float.PositiveInfinity : float.NaN;
            if (!hasInfinity && (code & 0x7f) == 0x7f)
                value = float.NaN;
            table[code] = code >= 128 ? -value : value;
        }

        return table;
    }
}
