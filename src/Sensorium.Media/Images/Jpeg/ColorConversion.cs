using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>From a picture's planes to its pixels, row by row, in libjpeg's 16-bit fixed point (ITU-R BT.601, full range).</summary>
unsafe static class ColorConversion
{
    // The factors 1.402, 1.772, 0.34414 and 0.71414 times 2^16.
    const int RedFromCr = 91881, BlueFromCb = 116130, GreenFromCb = 22554, GreenFromCr = 46802, Half = 32768;

    /// <summary>Y, Cb, Cr to R, G, B.</summary>
    /// <param name="luma">[width].</param>
    /// <param name="cb">[width].</param>
    /// <param name="cr">[width].</param>
    /// <param name="width">Pixels.</param>
    /// <param name="output">[width, 3].</param>
    public static void YccToRgb(byte* luma, byte* cb, byte* cr, int width, byte* output)
    {
        int x = Avx2.IsSupported ? YccToRgbAvx2(luma, cb, cr, width, output) : 0;
        for (; x < width; x++)
        {
            (output[3 * x], output[(3 * x) + 1], output[(3 * x) + 2]) = Rgb(luma[x], cb[x], cr[x]);
        }
    }

    /// <summary>Y, Cb, Cr, K as Adobe stores them (inverted) to ink: 0 is none.</summary>
    /// <param name="luma">[width].</param>
    /// <param name="cb">[width].</param>
    /// <param name="cr">[width].</param>
    /// <param name="k">[width].</param>
    /// <param name="width">Pixels.</param>
    /// <param name="output">[width, 4]: C, M, Y, K.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void YcckToCmyk(byte* luma, byte* cb, byte* cr, byte* k, int width, byte* output)
    {
        for (int x = 0; x < width; x++)
        {
            byte* pixel = output + (4 * x);
            (pixel[0], pixel[1], pixel[2]) = Rgb(luma[x], cb[x], cr[x]);
            pixel[3] = (byte)~k[x];
        }
    }

    /// <summary>C, M, Y, K as Adobe stores them (inverted) to ink: 0 is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InvertCmyk(byte* c, byte* m, byte* y, byte* k, int width, byte* output)
    {
        for (int x = 0; x < width; x++)
        {
            byte* pixel = output + (4 * x);
            pixel[0] = (byte)~c[x];
            pixel[1] = (byte)~m[x];
            pixel[2] = (byte)~y[x];
            pixel[3] = (byte)~k[x];
        }
    }

    /// <summary>Three planes side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(byte* r, byte* g, byte* b, int width, byte* output)
    {
        int x = 0;
        if (Ssse3.IsSupported)
        {
            for (; x <= width - 16; x += 16)
            {
                StoreRgb(Vector128.Load(r + x), Vector128.Load(g + x), Vector128.Load(b + x), output + (3 * x));
            }
        }

        for (; x < width; x++)
        {
            output[3 * x] = r[x];
            output[(3 * x) + 1] = g[x];
            output[(3 * x) + 2] = b[x];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (byte R, byte G, byte B) Rgb(int y, int cb, int cr)
    {
        cb -= 128;
        cr -= 128;
        return (
            Clamp(y + (((RedFromCr * cr) + Half) >> 16)),
            Clamp(y + (((-GreenFromCb * cb) - (GreenFromCr * cr) + Half) >> 16)),
            Clamp(y + (((BlueFromCb * cb) + Half) >> 16)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static byte Clamp(int value) => (uint)value <= 255 ? (byte)value : (byte)(~value >> 31);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static int YccToRgbAvx2(byte* luma, byte* cb, byte* cr, int width, byte* output)
    {
        int x = 0;
        for (; x <= width - 16; x += 16)
        {
            Vector256<short> y = Avx2.ConvertToVector256Int16(luma + x);
            Vector256<short> b = Avx2.ConvertToVector256Int16(cb + x) - Vector256.Create((short)128);
            Vector256<short> r = Avx2.ConvertToVector256Int16(cr + x) - Vector256.Create((short)128);

            // (a·c + half) >> 16 by a 16-bit product: the whole part of the factor a is added apart, and of the rest twice
            // the product is taken, so that the last bit can round.
            Vector256<short> one = Vector256.Create((short)1);
            Vector256<short> red = y + r + ((Avx2.MultiplyHigh(r + r, Vector256.Create((short)(RedFromCr - 65536))) + one) >> 1);
            Vector256<short> blue = y + b + b + ((Avx2.MultiplyHigh(b + b, Vector256.Create((short)(BlueFromCb - 131072))) + one) >> 1);

            Vector256<short> factors = Vector256.Create(((65536 - GreenFromCr) << 16) | (-GreenFromCb & 0xFFFF)).AsInt16();
            Vector256<int> half = Vector256.Create(Half);
            Vector256<int> low = (Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(b, r), factors) + half) >> 16;
            Vector256<int> high = (Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(b, r), factors) + half) >> 16;
            Vector256<short> green = y - r + Avx2.PackSignedSaturate(low, high);

            StoreRgb(Narrow(red), Narrow(green), Narrow(blue), output + (3 * x));
        }

        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<byte> Narrow(Vector256<short> v) => Sse2.PackUnsignedSaturate(v.GetLower(), v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreRgb(Vector128<byte> r, Vector128<byte> g, Vector128<byte> b, byte* output)
    {
        const byte X = 0x80;
        Vector128<byte> first = Ssse3.Shuffle(r, Vector128.Create((byte)0, X, X, 1, X, X, 2, X, X, 3, X, X, 4, X, X, 5))
            | Ssse3.Shuffle(g, Vector128.Create(X, 0, X, X, 1, X, X, 2, X, X, 3, X, X, 4, X, X))
            | Ssse3.Shuffle(b, Vector128.Create(X, X, 0, X, X, 1, X, X, 2, X, X, 3, X, X, 4, X));
        Vector128<byte> second = Ssse3.Shuffle(r, Vector128.Create(X, X, 6, X, X, 7, X, X, 8, X, X, 9, X, X, 10, X))
            | Ssse3.Shuffle(g, Vector128.Create((byte)5, X, X, 6, X, X, 7, X, X, 8, X, X, 9, X, X, 10))
            | Ssse3.Shuffle(b, Vector128.Create(X, 5, X, X, 6, X, X, 7, X, X, 8, X, X, 9, X, X));
        Vector128<byte> third = Ssse3.Shuffle(r, Vector128.Create(X, 11, X, X, 12, X, X, 13, X, X, 14, X, X, 15, X, X))
            | Ssse3.Shuffle(g, Vector128.Create(X, X, 11, X, X, 12, X, X, 13, X, X, 14, X, X, 15, X))
            | Ssse3.Shuffle(b, Vector128.Create((byte)10, X, X, 11, X, X, 12, X, X, 13, X, X, 14, X, X, 15));
        first.Store(output);
        second.Store(output + 16);
        third.Store(output + 32);
    }
}
