namespace Sensorium.Media.Tests.Support;

/// <summary>Damages files as chance has it: bits, bytes, lengths, cuts, repeats.</summary>
static class Mutation
{
    public static byte[] Of(byte[] file, Random random)
    {
        byte[] copy = [.. file];
        int changes = random.Next(1, 6);
        for (int i = 0; i < changes && copy.Length > 0; i++)
        {
            int at = random.Next(copy.Length);
            switch (random.Next(6))
            {
                case 0:
                    copy[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    copy[at] = (byte)random.Next(256);
                    break;
                case 2:
                    copy[at] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
                case 3:
                    // Headers are where small changes do most.
                    copy[random.Next(Math.Min(copy.Length, 64))] = (byte)random.Next(256);
                    break;
                case 4:
                    copy = copy[..at];
                    break;
                default:
                    int length = random.Next(1, Math.Min(64, copy.Length - at) + 1);
                    copy = [.. copy[..at], .. copy[at..(at + length)], .. copy[at..]];
                    break;
            }
        }

        return copy;
    }
}
